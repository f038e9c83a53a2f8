import { describe, PgdbaError } from '../errors/pgdba-error.ts';
import type { Secret } from '../secrets/secret.ts';

export interface PatroniAddress {
  readonly host: string;
  readonly port: number;
  /** [http] */
  readonly protocol?: 'http' | 'https';
}

export interface Credentials {
  readonly user: string;
  readonly password: Secret;
}

export interface RequestOptions {
  /** A switchover answers after up to 2 × max(10 s, loop_wait), a restart after minutes. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface SendOptions extends RequestOptions {
  readonly credentials?: Credentials;
}

export interface PatroniAnswer {
  readonly status: number;
  /** The parsed JSON; null where Patroni answers with a sentence (text/plain). */
  readonly body: unknown;
  readonly text: string;
}

const largestBody = 4 * 1024 * 1024;

/**
 * One GET. Any status below 300 or from 400 on is an answer, for the caller to judge: Patroni says 503 with a body.
 * Errors: PATRONI_UNREACHABLE; PATRONI_ANSWER for a redirect, broken JSON, a body over 4 MB.
 */
export function get(address: PatroniAddress, path: string, options: RequestOptions): Promise<PatroniAnswer> {
  return request(address, 'GET', path, undefined, options);
}

/** One unsafe call, never repeated here. Errors: as `get`, and AUTH_FAILED for 401. */
export async function send(
  address: PatroniAddress,
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body: unknown,
  options: SendOptions,
): Promise<PatroniAnswer> {
  const answer = await request(address, method, path, body, options);
  if (answer.status !== 401) return answer;
  throw new PgdbaError('AUTH_FAILED', {
    facts: { server: `Patroni on ${nameOf(address)}`, user: options.credentials?.user ?? 'nobody' },
    hint: 'check the REST credentials of this cluster (secret "rest") against restapi.authentication in patroni.yml',
  });
}

/**
 * Makes a member run its loop now instead of within loop_wait: a PATCH that removes a key nobody has, so nothing
 * changes. On a new leader it saves the standbys up to loop_wait seconds, for the leader makes their slots in its loop.
 */
export async function wake(address: PatroniAddress, options: SendOptions): Promise<void> {
  const { status, text } = await send(address, 'PATCH', '/config', { pgdba_wake: null }, options);
  if (status !== 200) throw refused(nameOf(address), 'PATCH /config', status, text.slice(0, 200));
}

async function request(
  address: PatroniAddress,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body: unknown,
  { timeoutMs, signal, credentials }: SendOptions,
): Promise<PatroniAnswer> {
  if (signal?.aborted && signal.reason instanceof PgdbaError) throw signal.reason;
  const undici = await import('undici');
  const server = nameOf(address);
  const deadline = AbortSignal.timeout(timeoutMs);
  const answer = await readWhole().catch((thrown: unknown) => {
    if (thrown instanceof PgdbaError) throw thrown;
    if (signal?.aborted && signal.reason instanceof PgdbaError) throw signal.reason;
    const problem = deadline.aborted ? `no answer to ${method} ${path} within ${timeoutMs} ms` : describe(thrown);
    throw new PgdbaError('PATRONI_UNREACHABLE', {
      facts: { server, problem, request: `${method} ${path}` },
      hint: 'check that Patroni runs there and that its REST port is right; ask another member of the cluster',
      cause: thrown,
    });
  });
  return { status: answer.status, text: answer.text, body: parse(answer, server, `${method} ${path}`) };

  async function readWhole(): Promise<Raw> {
    const {
      statusCode,
      headers,
      body: stream,
    } = await undici.request(urlOf(address, path), {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(credentials ? { authorization: basic(credentials) } : {}),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      // Patroni ends connections as it likes; a kept one could break under the next request.
      reset: true,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > largestBody) {
        stream.destroy();
        throw refused(server, `${method} ${path}`, statusCode, `the answer is larger than ${largestBody} bytes`);
      }
      chunks.push(chunk);
    }
    const type = headers['content-type'];
    return { status: statusCode, type: String(type ?? ''), text: Buffer.concat(chunks).toString('utf8') };
  }
}

interface Raw {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

function parse({ status, type, text }: Raw, server: string, what: string): unknown {
  if (status >= 300 && status < 400) throw refused(server, what, status, 'redirects are not followed');
  if (text === '' || type.startsWith('text/plain')) return null;
  // PATCH, POST and DELETE answer 200 with a bare sentence that Patroni labels text/html on some versions
  if (!what.startsWith('GET ') && !type.includes('json')) return null;
  try {
    return JSON.parse(text);
  } catch {
    throw refused(server, what, status, `this is not JSON: ${text.slice(0, 200)}`);
  }
}

function refused(server: string, what: string, status: number, problem: string): PgdbaError {
  return new PgdbaError('PATRONI_ANSWER', {
    facts: { server, request: what, status, problem },
    hint: 'check that this address is a Patroni REST API and not a proxy or another program',
  });
}

/** Built from parts, so that a path can never change the host. */
function urlOf({ host, port, protocol = 'http' }: PatroniAddress, path: string): URL {
  const url = new URL(`${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`);
  const [pathname = '/', search = ''] = path.split(/\?(.*)/s);
  url.pathname = pathname;
  url.search = search;
  return url;
}

function nameOf({ host, port }: PatroniAddress): string {
  return `${host}:${port}`;
}

function basic({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString('base64')}`;
}
