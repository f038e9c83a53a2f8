import { type LeaseView, leaseDirectories, listLeases, pathsIn } from '../engine/lease/list-leases.ts';
import { PgdbaError } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import type { Cluster } from '../inventory/cluster.ts';

/** What one run has of one cluster, by the operator's name of it. */
export interface HeldCluster {
  readonly cluster: string;
  readonly keys: readonly string[];
  readonly run: string;
  /** Its process; null for a quarantine, which needs none. */
  readonly holder: string | null;
  readonly since: string;
  readonly state: LeaseView['state'];
  readonly token: number | null;
  readonly why: string | null;
}

/** Leases lie under a cluster's name and under its identity; people know the name. Errors: LEASE_DAMAGED. */
export function heldClusters(home: string, known: readonly Cluster[]): HeldCluster[] {
  const rows = new Map<string, HeldCluster>();
  for (const view of listLeases(home)) {
    const cluster = nameOf(view.directory, known);
    const { key, run, state, pid, host, since, token, why } = view;
    const id = [cluster, run, state].join(' ');
    const before = rows.get(id);
    const holder = pid === null ? null : `pid ${pid} on ${host}`;
    const keys = [...new Set([...(before?.keys ?? []), key])].sort();
    rows.set(id, before ? { ...before, keys } : { cluster, keys, run, holder, since, state, token, why });
  }
  return [...rows.values()];
}

/** The directories that hold leases of the cluster a person named. Errors: CLUSTER_UNKNOWN. */
export function directoriesOf(home: string, cluster: string, known: readonly Cluster[]): string[] {
  const there = leaseDirectories(home);
  const record = known.find(({ name }) => name === cluster);
  if (!record && !there.includes(cluster)) {
    const names = [...new Set([...known.map(({ name }) => name), ...there.map((name) => nameOf(name, known))])];
    const near = closest(cluster, names);
    throw new PgdbaError('CLUSTER_UNKNOWN', {
      facts: { cluster, known: names },
      hint: near ? `did you mean ${near}?` : '`pgdba lease list` shows what is held',
    });
  }
  return [cluster, record?.system_identifier ?? cluster].filter(
    (name, at, all) => there.includes(name) && all.indexOf(name) === at,
  );
}

export function pathsOf(home: string, directories: readonly string[]) {
  return directories.flatMap((directory) => pathsIn(home, directory));
}

function nameOf(directory: string, known: readonly Cluster[]): string {
  return known.find(({ system_identifier }) => system_identifier === directory)?.name ?? directory;
}
