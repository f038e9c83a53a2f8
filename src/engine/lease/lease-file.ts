import { closeSync, constants, fchmodSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { describe, PgdbaError } from '../../errors/pgdba-error.ts';
import { readIfThere } from '../../journal/private-file.ts';
import type { ProcessIdentity } from '../../journal/process-identity.ts';

/** What a lease file holds: who has the lease. */
export interface LeaseContent extends ProcessIdentity {
  /** When the holder last showed that it works: ms on the monotonic clock of its boot. */
  readonly beat: number;
  /** Rises with every holder of this key. */
  readonly token: number;
  readonly run: string;
  readonly host: string;
  /** RFC 3339, for people. */
  readonly since: string;
  /** Names this holding; never used again. */
  readonly nonce: string;
  /** An operator took it away from the holder that the rest names: it is free. */
  readonly stolen?: { readonly by: string; readonly reason: string };
}

/** Undefined when there is none. Errors: LEASE_DAMAGED. */
export function readLease(path: string): LeaseContent | undefined {
  const bytes = readIfThere(path);
  if (!bytes) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (isContent(value)) return value;
    throw new Error('fields are missing');
  } catch (thrown) {
    throw new PgdbaError('LEASE_DAMAGED', {
      facts: { file: path, problem: describe(thrown) },
      hint: 'make sure that no pgdba works on this cluster, then remove the file',
      cause: thrown,
    });
  }
}

/**
 * Writes a new private lease file, on disk when it returns, and gives its descriptor. Through it the beat is renewed in
 * place: whoever takes the lease over puts another file under the name, and a late beat reaches only the old one.
 */
export function writeLease(path: string, content: LeaseContent): number {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    fchmodSync(fd, 0o600);
    writeSync(fd, encode(content), 0);
    fsyncSync(fd);
    return fd;
  } catch (thrown) {
    closeSync(fd);
    throw thrown;
  }
}

/** Overwrites the content through its descriptor; only the beat may differ, so the length stays. */
export function rewriteLease(fd: number, content: LeaseContent): void {
  writeSync(fd, encode(content), 0);
}

function encode({ beat, ...rest }: LeaseContent): string {
  return `{"beat":${String(beat).padStart(beatWidth)},${JSON.stringify(rest).slice(1)}\n`;
}

const beatWidth = 16;

function isContent(value: unknown): value is LeaseContent {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  const stolen = fields['stolen'] === undefined || (typeof fields['stolen'] === 'object' && fields['stolen'] !== null);
  const numbers = ['beat', 'token', 'pid', 'start_time'].every((name) => Number.isInteger(fields[name]));
  return (
    numbers && stolen && ['run', 'host', 'since', 'nonce', 'boot_id'].every((name) => typeof fields[name] === 'string')
  );
}
