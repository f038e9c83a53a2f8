// What a reader must know about the machine to judge a figure; nothing that tells whose it is.
import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { findTool } from '../scripts/system-tools.mjs';
import { serverFolder } from './server-account.mjs';

/** `2 cores, 24 GB, Linux 6.1, Node 20.20.2, PostgreSQL 15.18, Patroni 3.0.2, …` */
export function describeMachine() {
  const parts = [
    `${cpus().length} cores`,
    `${Math.round(totalmem() / 1e9)} GB`,
    `Linux ${/^\d+\.\d+/.exec(release())?.[0] ?? release()}`,
    `Node ${process.versions.node}`,
    `PostgreSQL ${versionOf(`${serverFolder()}/postgres`)}`,
    `Patroni ${versionOf(findTool('patroni'))}`,
    `etcd ${versionOf(findTool('etcd'))}`,
    `PgBouncer ${versionOf(findTool('pgbouncer'))}`,
    `load before: ${(loadavg()[0] ?? 0).toFixed(1)}`,
  ];
  return parts.join(', ');
}

function versionOf(program) {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return /\d+(\.\d+)+/.exec(stdout ?? '')?.[0] ?? 'of unknown version';
}
