import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/inventory/cluster.ts';
import { memberOf, serviceOf } from '../../../src/providers/local/layout.ts';
import { patroniConfig } from '../../../src/providers/local/patroni-config.ts';
import { etcdConfig, pgbouncerConfig, pgbouncerUsers } from '../../../src/providers/local/service-configs.ts';

const cluster: Cluster = {
  id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  name: 'demo',
  provider: 'local',
  managed: true,
  protected: false,
  environment: null,
  labels: {},
  system_identifier: null,
  pg_major: 15,
  directory: '/srv/demo',
  members: [{ name: 'demo-1', host: '127.0.0.1', port: 5001, rest_port: 5002 }],
  services: [
    { name: 'etcd', kind: 'etcd', host: '127.0.0.1', port: 5003, peer_port: 5004 },
    { name: 'pooler', kind: 'pgbouncer', host: '127.0.0.1', port: 5005, peer_port: null },
  ],
  secrets: {},
  created_at: '2026-11-20T00:00:00Z',
  created_by_run: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
};

describe('the configuration of a member', () => {
  const config = JSON.stringify(
    patroniConfig({
      cluster,
      server: memberOf(cluster, 'demo-1'),
      account: { name: 'postgres', uid: 1, gid: 1, groups: [1], switched: true },
      sockets: '/run/pgdba/x/demo',
      programs: '/usr/lib/postgresql/15/bin',
      callback: '/srv/demo/follow-primary',
      passwords: { superuser: 's', replication: 'r', rewind: 'w', rest: 'x' },
    }),
  );

  it('trusts nobody and listens on loopback', () => {
    expect(config).not.toMatch(/trust|0\.0\.0\.0|"\*"/);
    expect(config).toContain('local all all peer map=pgdba');
    expect(config).toContain('"authentication":{"username":"pgdba","password":"x"}');
  });

  it('leaves what a DBA tunes to the dynamic configuration, where a local value would win over it', () => {
    const { postgresql, bootstrap } = JSON.parse(config) as {
      postgresql: { parameters: Record<string, unknown> };
      bootstrap: { dcs: { postgresql: { parameters: Record<string, unknown> } } };
    };
    const dynamic = Object.keys(bootstrap.dcs.postgresql.parameters);
    for (const name of Object.keys(postgresql.parameters)) expect(dynamic).not.toContain(name);
    expect(dynamic).toEqual(expect.arrayContaining(['shared_buffers', 'max_connections', 'wal_level']));
  });
});

describe('the configuration of services', () => {
  it('names the cluster by its id, so that two of one name never join', () => {
    expect(etcdConfig(cluster, serviceOf(cluster, 'etcd'))).toMatchObject({
      'initial-cluster-token': cluster.id,
      'listen-client-urls': 'http://127.0.0.1:5003',
      'listen-peer-urls': 'http://127.0.0.1:5004',
      'enable-grpc-gateway': true,
    });
  });

  it('includes the target file and asks every client for a password', () => {
    const text = pgbouncerConfig(serviceOf(cluster, 'pooler'), '/run/pgdba/x/demo');
    expect(text).toContain('%include /srv/demo/services/pooler/target.ini\n');
    expect(text).toContain('auth_type = scram-sha-256\n');
    expect(text).toContain('listen_addr = 127.0.0.1\n');
  });

  it('quotes users and passwords', () => {
    expect(pgbouncerUsers({ 'a"b': 'p"w' })).toBe('"a""b" "p""w"\n');
  });

  it('refuses a server name that would leave its folder', () => {
    const [member] = cluster.members;
    if (!member) throw new Error('no member');
    for (const name of ['..', '../x', 'a/b', '.hidden', '']) {
      expect(() => memberOf({ ...cluster, members: [{ ...member, name }] }, name)).toThrow(
        expect.objectContaining({ code: 'BUG' }),
      );
    }
  });
});
