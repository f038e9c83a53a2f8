import type { Cluster } from '../../src/inventory/cluster.ts';

/** What the inventory knows of a cluster of which no server answers: nothing listens on port 1. */
export function unreachableCluster(name: string, system_identifier: string): Cluster {
  return {
    id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    name,
    provider: 'local',
    managed: true,
    protected: false,
    environment: null,
    labels: {},
    system_identifier,
    pg_major: 15,
    directory: '/nonexistent',
    members: [{ name: 'n1', host: '127.0.0.1', port: 1, rest_port: 1 }],
    services: [],
    secrets: {},
    created_at: '2026-11-20T00:00:00.000Z',
    created_by_run: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  };
}
