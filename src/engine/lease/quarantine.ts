import { randomUUID } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, PgdbaError } from '../../errors/pgdba-error.ts';
import { createPrivate, readIfThere, syncDirectory } from '../../journal/private-file.ts';
import type { KeyPath } from './lease-paths.ts';

/*
 * A run whose rollback failed leaves `<key>.quarantine` beside the lease file, written while it still held the lease.
 * Whoever takes the lease looks for it afterwards, so nobody can slip through between the two. It needs no living
 * process, and outlives a resume of its run that is killed in turn.
 */

/** Why a cluster is locked although nobody works on it. */
export interface Quarantine {
  readonly run: string;
  readonly why: string;
  /** RFC 3339. */
  readonly since: string;
}

/** Undefined when there is none. Errors: LEASE_DAMAGED. */
export function readQuarantine(leasePath: string): Quarantine | undefined {
  const bytes = readIfThere(fileOf(leasePath));
  if (!bytes) return undefined;
  try {
    const { run, why, since } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    if (typeof run !== 'string' || typeof why !== 'string' || typeof since !== 'string') {
      throw new Error('fields are missing');
    }
    return { run, why, since };
  } catch (thrown) {
    throw new PgdbaError('LEASE_DAMAGED', {
      facts: { file: fileOf(leasePath), problem: describe(thrown) },
      hint: 'find the run whose rollback failed with `pgdba runs list`, look at the cluster, then remove the file',
      cause: thrown,
    });
  }
}

/** Durable when it returns. One that another run left stays: it was first. */
export function putInQuarantine(paths: readonly KeyPath[], quarantine: Quarantine): void {
  for (const { path } of paths) {
    const known = readQuarantine(path);
    if (known && known.run !== quarantine.run) continue;
    const draft = `${fileOf(path)}.${randomUUID()}`;
    createPrivate(draft, `${JSON.stringify(quarantine)}\n`);
    renameSync(draft, fileOf(path));
    syncDirectory(dirname(path));
  }
}

/** Ends what this run left, and nothing else; answers the keys that were locked. */
export function liftQuarantine(paths: readonly KeyPath[], run: string): string[] {
  const locked = paths.filter(({ path }) => readQuarantine(path)?.run === run);
  for (const { path } of locked) {
    rmSync(fileOf(path), { force: true });
    syncDirectory(dirname(path));
  }
  return locked.map(({ key }) => key);
}

/** Only the run whose rollback failed may have the lease. Errors: LEASE_QUARANTINED. */
export function refuseQuarantined(cluster: string, paths: readonly KeyPath[], taker: string | null): void {
  for (const { path } of paths) {
    const found = readQuarantine(path);
    if (!found || found.run === taker) continue;
    const { run, why, since } = found;
    throw new PgdbaError('LEASE_QUARANTINED', {
      facts: { cluster, run, why, since },
      hint: `look first: pgdba runs show ${run}; once it is put right: pgdba lease ack ${run} --reason "…"`,
    });
  }
}

function fileOf(leasePath: string): string {
  return `${leasePath}.quarantine`;
}
