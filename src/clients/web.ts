import { readFile } from 'node:fs/promises';
import { describe, PgdbaError, systemCode } from '../errors/pgdba-error.ts';

export interface WebOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM file of the authority that signed the server's certificate [those of Node.js]. */
  readonly ca?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Of the answer; what is beyond is not read. */
  readonly maxBody: number;
}

export interface WebAnswer {
  readonly status: number;
  readonly text: string;
  /** The answer was longer. */
  readonly cut: boolean;
}

/**
 * One request to any web server. A redirect is an answer, never followed: whoever is asked gets the credentials, nobody
 * else. Certificates are always checked.
 * Errors: WEB_UNREACHABLE; its fact `sent` is false when the request provably never left. An abort throws its reason.
 */
export async function webRequest(method: string, url: string, options: WebOptions): Promise<WebAnswer> {
  const { headers = {}, body = null, timeoutMs, signal, maxBody } = options;
  signal?.throwIfAborted();
  const undici = await import('undici');
  const agent = new undici.Agent({
    connect: { timeout: timeoutMs, ...(options.ca === undefined ? {} : { ca: await readAuthority(options.ca) }) },
  });
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await agent.request({
      origin: new URL(url).origin,
      path: pathOf(new URL(url)),
      method: method as 'GET',
      headers: { 'user-agent': 'pgdba', ...headers },
      body,
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBody) break;
    }
    const bytes = Buffer.concat(chunks);
    return { status: answer.statusCode, text: bytes.subarray(0, maxBody).toString('utf8'), cut: size > maxBody };
  } catch (thrown) {
    signal?.throwIfAborted();
    throw unreachable(method, url, thrown, deadline.aborted ? `no answer within ${timeoutMs} ms` : undefined);
  } finally {
    void agent.destroy().catch(() => undefined);
  }
}

/** Scheme, host and port: what may be shown. The path of a webhook is often its password. */
export function shownUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'a web address';
}

function pathOf({ pathname, search }: URL): string {
  return `${pathname}${search}`;
}

/** Failures before the first byte of the request was sent. */
const neverLeft = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];
const badCertificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|SSL/;

function unreachable(method: string, url: string, thrown: unknown, problem = describe(thrown)): PgdbaError {
  const code = systemCode(thrown) ?? '';
  const certificate = badCertificate.test(code);
  return new PgdbaError('WEB_UNREACHABLE', {
    facts: { server: shownUrl(url), problem, method, sent: !certificate && !neverLeft.includes(code) },
    hint: certificate
      ? 'name the PEM file of the authority that signed its certificate with `ca`'
      : 'check the address, and that this host may reach it: curl -v it from here',
    cause: thrown,
  });
}

async function readAuthority(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((thrown: unknown) => {
    throw new PgdbaError('FILE_NOT_FOUND', { facts: { file, problem: describe(thrown) }, hint: 'correct `ca`' });
  });
}
