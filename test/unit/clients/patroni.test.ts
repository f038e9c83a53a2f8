import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { get, send } from '../../../src/clients/patroni.ts';
import { Secret } from '../../../src/secrets/secret.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Stands for answers that no real Patroni gives on command: redirects, broken and endless bodies, silence. */
async function answering(answer: (response: ServerResponse, url: string, authorization: string | undefined) => void) {
  const made = createServer((request, response) => answer(response, request.url ?? '', request.headers.authorization));
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (made.address() as AddressInfo).port };
}

describe('client patroni', () => {
  it('gives any status back with its body', async () => {
    const address = await answering((response) => {
      response.writeHead(503, { 'content-type': 'application/json' }).end('{"state": "stopped"}');
    });
    expect(await get(address, '/primary', { timeoutMs: 1_000 })).toEqual({
      status: 503,
      body: { state: 'stopped' },
      text: '{"state": "stopped"}',
    });
  });

  it('keeps the sentence of a refusal', async () => {
    const address = await answering((response) =>
      response.writeHead(412, { 'content-type': 'text/html' }).end('no good candidates'),
    );
    expect(await send(address, 'POST', '/switchover', {}, { timeoutMs: 1_000 })).toEqual({
      status: 412,
      body: null,
      text: 'no good candidates',
    });
  });

  it('follows no redirect', async () => {
    const address = await answering((response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
    await expect(get(address, '/', { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'PATRONI_ANSWER',
      facts: { status: 302 },
    });
  });

  it('shows the start of an answer that is not JSON', async () => {
    const address = await answering((response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${'x'.repeat(500)}`),
    );
    const asked = await get(address, '/cluster', { timeoutMs: 1_000 }).catch((error: unknown) => error);
    expect(asked).toMatchObject({ code: 'PATRONI_ANSWER', message: expect.stringContaining('<html>x') });
    expect(String(asked).length).toBeLessThan(400);
  });

  it('reads at most 4 MB', async () => {
    const address = await answering((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    await expect(get(address, '/', { timeoutMs: 10_000 })).rejects.toMatchObject({ code: 'PATRONI_ANSWER' });
  });

  it('waits no longer than told', async () => {
    const address = await answering(() => undefined);
    await expect(get(address, '/', { timeoutMs: 100 })).rejects.toMatchObject({ code: 'PATRONI_UNREACHABLE' });
  });

  it('sends credentials only where they are given, and never repeats a call', async () => {
    const seen: (string | undefined)[] = [];
    const address = await answering((response, _, authorization) => {
      seen.push(authorization);
      response.writeHead(seen.length === 1 ? 200 : 401, { 'content-type': 'text/plain' }).end('said');
    });
    await get(address, '/', { timeoutMs: 1_000 });
    const credentials = { user: 'pgdba', password: new Secret('env:REST', 'pa:ss') };
    await expect(send(address, 'POST', '/restart', {}, { timeoutMs: 1_000, credentials })).rejects.toMatchObject({
      code: 'AUTH_FAILED',
    });
    expect(seen).toEqual([undefined, `Basic ${Buffer.from('pgdba:pa:ss').toString('base64')}`]);
  });

  it('keeps a path from changing the host', async () => {
    const urls: string[] = [];
    const address = await answering((response, url) => {
      urls.push(url);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    await get(address, '//elsewhere/x?lag=1', { timeoutMs: 1_000 });
    await get(address, '@elsewhere', { timeoutMs: 1_000 });
    expect(urls).toEqual(['//elsewhere/x?lag=1', '/@elsewhere']);
  });
});
