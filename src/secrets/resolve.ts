import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, PgdbaError } from '../errors/pgdba-error.ts';
import type { Redactor } from './redactor.ts';
import { Secret } from './secret.ts';

const run = promisify(execFile);

/** The three ways to name a secret. A value itself is never accepted. */
export const secretReference = /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|command:.+)$/;

/**
 * Reads a secret by its reference: `env:NAME`, `file:PATH` (0600 or stricter), `command:PROGRAM ARG …` (no shell; its
 * first line). The value is made known to the redactor before it is returned.
 * Errors: SECRET_UNREADABLE.
 */
export async function resolveSecret(reference: string, redactor: Redactor): Promise<Secret> {
  const separator = reference.indexOf(':');
  const rest = reference.slice(separator + 1);
  const value = await read(reference.slice(0, separator), rest).catch((thrown: unknown) => {
    if (thrown instanceof PgdbaError) throw thrown;
    throw unreadable(reference, describe(thrown));
  });
  if (value === '') throw unreadable(reference, 'it is empty');
  const secret = new Secret(reference, value);
  redactor.add(secret);
  return secret;
}

async function read(kind: string, rest: string): Promise<string> {
  switch (kind) {
    case 'env':
      return process.env[rest] ?? '';
    case 'file':
      return readSecretFile(rest);
    case 'command': {
      const [program = '', ...args] = rest.split(' ').filter((word) => word !== '');
      const { stdout } = await run(program, args, { timeout: 30_000 }).catch((thrown: unknown) => {
        throw unreadable(`command:${program} …`, howItEnded(thrown));
      });
      return firstLine(stdout);
    }
    default:
      throw unreadable(`${kind}:…`, 'a secret is named by env:NAME, file:PATH or command:PROGRAM');
  }
}

/** Never what the command said: its output is a secret, and its complaints may hold one. */
function howItEnded(thrown: unknown): string {
  if (thrown === null || typeof thrown !== 'object' || !('code' in thrown)) return 'it could not be run';
  return typeof thrown.code === 'number' ? `it ended with ${thrown.code}` : `it could not be run (${thrown.code})`;
}

async function readSecretFile(path: string): Promise<string> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new PgdbaError('SECRET_UNREADABLE', {
      facts: { reference: `file:${path}`, problem: `others may read the file (mode ${(mode & 0o777).toString(8)})` },
      hint: `chmod 600 ${path}`,
    });
  }
  return firstLine(await readFile(path, 'utf8'));
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.replace(/\r$/, '') ?? '';
}

function unreadable(reference: string, problem: string): PgdbaError {
  return new PgdbaError('SECRET_UNREADABLE', {
    facts: { reference, problem },
    hint: 'name the secret by env:NAME, file:PATH (mode 0600) or command:PROGRAM, and check that it can be read',
  });
}
