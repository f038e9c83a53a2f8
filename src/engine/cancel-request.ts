import { randomUUID } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../errors/pgdba-error.ts';
import { createPrivate, privateDirectory } from '../journal/private-file.ts';
import { bootId, type ProcessIdentity, processStat } from '../journal/process-identity.ts';
import { runPaths } from '../journal/run-directory.ts';
import type { Cancellation } from './cancellation.ts';

/** What another terminal asks of the process that drives a run. */
export interface CancelRequest extends Cancellation {
  /** Who is asked. A driver that comes later never sees it as its own: whoever resumed the run meant it to go on. */
  readonly driver: ProcessIdentity;
}

/** A request that was put where its driver looks. */
export interface PlacedRequest {
  /** The driver has it, or its run directory is gone. */
  taken(): boolean;
  /** Takes it back; false: too late, the driver has it. */
  withdraw(): boolean;
}

/** Where requests to the driver of a run lie. */
export function requestsDirectory(home: string, run: string): string {
  return join(runPaths(home, run).directory, 'requests');
}

/**
 * Asks the living driver of a run to stop. `pid`: the process that drives it now. Null: it is gone, nobody was asked.
 */
export function requestCancel(
  home: string,
  run: string,
  { how, by, why }: Cancellation,
  pid: number,
): PlacedRequest | null {
  const stat = processStat(pid);
  if (!stat) return null;
  const directory = requestsDirectory(home, run);
  privateDirectory(directory);
  const driver = { boot_id: bootId(), pid, start_time: stat.start_time };
  const request: CancelRequest = { how, by, why, driver };
  // A reader sees a request whole or not at all, and two requests never meet.
  const name = randomUUID();
  const draft = join(directory, `.${name}`);
  const path = join(directory, `${name}.json`);
  createPrivate(draft, `${JSON.stringify(request)}\n`);
  giveToOwner([directory, draft], dirname(directory));
  renameSync(draft, path);
  return { taken: () => !existsSync(path), withdraw: () => remove(path) };
}

/** A request file, or null when it is none or somebody else took it. */
export function readRequest(path: string): CancelRequest | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isRequest(value) ? value : null;
  } catch (thrown) {
    if (thrown instanceof SyntaxError || systemCode(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}

/** False when it was not there any more. */
export function remove(path: string): boolean {
  try {
    rmSync(path);
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}

/** Root asks a driver of another account, which could not read what belongs to root. */
function giveToOwner(paths: readonly string[], like: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(like);
  if (uid !== 0) for (const path of paths) chownSync(path, uid, gid);
}

function isRequest(value: unknown): value is CancelRequest {
  if (typeof value !== 'object' || value === null || !('how' in value) || !('by' in value)) return false;
  if (!('driver' in value) || typeof value.driver !== 'object' || value.driver === null) return false;
  const { how, by } = value;
  return typeof by === 'string' && (how === null || how === 'leave' || how === 'rollback');
}
