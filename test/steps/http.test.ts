import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/secrets/secret.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { type WebServer, webServer } from '../harness/web-server.ts';
import { BareStage } from './bare-stage.ts';

let home: ScratchHome;
let stage: BareStage;
let server: WebServer;
beforeEach(async () => {
  home = await scratchHome();
  stage = new BareStage(home.path);
  server = await webServer();
});
afterEach(async () => {
  await server.close();
  await home.remove();
});

async function sent(params: object) {
  const step = await stage.step('http@1', params);
  const memo = await step.memo();
  const receipt = await step.apply(memo);
  return { step, memo, receipt };
}

describe('http', () => {
  it('sends JSON under the key of its task, and answers what the server said', async () => {
    server.answer = () => ({ status: 201, body: '{"state":"drain"}' });
    const { step, memo, receipt } = await sent({
      method: 'POST',
      url: `${server.url}/pool?x=1`,
      body: { state: 'drain' },
    });
    expect(await step.verify(memo, receipt)).toEqual({
      is: 'satisfied',
      result: { status: 201, body: '{"state":"drain"}', json: { state: 'drain' } },
    });
    expect(server.seen).toMatchObject([
      {
        method: 'POST',
        path: '/pool?x=1',
        body: '{"state":"drain"}',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'stage/task' },
      },
    ]);
  });

  it.each([
    [{}, 'authorization', 'Bearer user:pass-word-1'],
    [{ auth_scheme: 'Basic' }, 'authorization', `Basic ${Buffer.from('user:pass-word-1').toString('base64')}`],
    [{ auth_header: 'X-Api-Key' }, 'x-api-key', 'user:pass-word-1'],
  ])('gives the secret to the server alone %#', async (how, header, value) => {
    const secret = new Secret('env:X', 'user:pass-word-1');
    stage.redactor.add(secret);
    server.answer = ({ headers }) => ({ status: 200, body: JSON.stringify(headers) });
    const { receipt } = await sent({ method: 'GET', url: server.url, auth_secret: secret, ...how });
    expect(server.seen[0]?.headers[header]).toBe(value);
    expect(JSON.stringify(receipt)).not.toContain('pass-word-1');
    expect(JSON.stringify(receipt)).not.toContain(Buffer.from('user:pass-word-1').toString('base64'));
  });

  it('never follows a redirect: who is asked gets the credentials, nobody else', async () => {
    const other = await webServer();
    server.answer = () => ({ status: 302, headers: { location: other.url } });
    const params = { method: 'GET', url: server.url, auth_secret: new Secret('env:X', 'token-of-this') };
    const { step, memo, receipt } = await sent(params);
    await expect(step.verify(memo, receipt)).rejects.toMatchObject({ code: 'WEB_ANSWER', facts: { status: 302 } });
    expect(other.seen).toEqual([]);
    await other.close();
  });

  it('fails with what the server said, unless the task expects it', async () => {
    server.answer = () => ({ status: 409, body: 'somebody else drains' });
    const failed = await sent({ method: 'PUT', url: server.url });
    await expect(failed.step.verify(failed.memo, failed.receipt)).rejects.toMatchObject({
      code: 'WEB_ANSWER',
      message: `${server.url} answered PUT with 409: somebody else drains`,
    });
    const expected = await sent({ method: 'PUT', url: server.url, expect: { status: [200, 409] } });
    expect(await expected.step.verify(expected.memo, expected.receipt)).toMatchObject({ is: 'satisfied' });
  });

  it.each([
    ['GET', 503, { is: 'not-done', error: expect.objectContaining({ code: 'WEB_BUSY', class: 'transient' }) }],
    ['HEAD', 429, { is: 'not-done', error: expect.objectContaining({ code: 'WEB_BUSY', class: 'transient' }) }],
  ])('may ask a server in trouble again when it only reads: %s %i', async (method, status, verdict) => {
    server.answer = () => ({ status });
    const { step, memo, receipt } = await sent({ method, url: server.url });
    expect(await step.verify(memo, receipt)).toMatchObject(verdict);
  });

  it('never sends a POST again that a server in trouble answered, unless it is proved not to be done', async () => {
    server.answer = ({ method }) => ({ status: method === 'POST' ? 503 : 200, body: '{"state":"ready"}' });
    const blind = await sent({ method: 'POST', url: server.url });
    await expect(blind.step.verify(blind.memo, blind.receipt)).rejects.toMatchObject({
      code: 'WEB_ANSWER',
      class: 'permanent',
      facts: { status: 503 },
    });
    const done_when = { url: server.url, pointer: '/state', equals: 'drain' };
    const proved = await sent({ method: 'POST', url: server.url, done_when });
    expect(await proved.step.verify(proved.memo, proved.receipt)).toMatchObject({
      is: 'not-done',
      error: expect.objectContaining({ code: 'WEB_BUSY' }),
    });
  });

  it('knows that nothing was sent when nobody listens there', async () => {
    await server.close();
    const { step, memo, receipt } = await sent({ method: 'POST', url: server.url });
    expect(await step.verify(memo, receipt)).toMatchObject({
      is: 'not-done',
      why: expect.stringContaining('ECONNREFUSED'),
      error: expect.objectContaining({ code: 'WEB_UNREACHABLE', class: 'transient' }),
    });
    expect(await step.rollback(memo, receipt)).toEqual({ is: 'undone' });
  });

  it('does not know when the server hangs up after the request', async () => {
    server.answer = () => null;
    const step = await stage.step('http@1', { method: 'POST', url: server.url });
    const memo = await step.memo();
    await expect(step.apply(memo)).rejects.toMatchObject({ code: 'WEB_UNREACHABLE', facts: { sent: true } });
    expect(await step.verify(memo)).toMatchObject({ is: 'unknown' });
    const safe = await stage.step('http@1', { method: 'GET', url: server.url });
    expect(await safe.verify(memo)).toMatchObject({ is: 'not-done' });
  });

  it('is proved by done_when after a crash, and not sent when that holds already', async () => {
    let state = 'ready';
    server.answer = ({ method, body }) => {
      if (method === 'PUT') state = JSON.parse(body).state;
      return { status: 200, body: JSON.stringify({ pool: { state } }) };
    };
    const step = await stage.step('http@1', {
      method: 'PUT',
      url: `${server.url}/pool`,
      body: { state: 'drain' },
      done_when: { url: `${server.url}/pool`, pointer: '/pool/state', equals: 'drain' },
    });
    const memo = await step.memo();
    expect(await step.verify(memo)).toMatchObject({ is: 'not-done' });
    await step.apply(memo);
    expect(await step.verify(memo)).toEqual({ is: 'satisfied', result: { status: null, body: '', json: null } });
    expect(await step.check()).toMatchObject({ is: 'satisfied' });
    expect(server.seen.filter(({ method }) => method === 'PUT')).toHaveLength(1);
    server.answer = () => ({ status: 502 });
    expect(await step.verify(memo)).toEqual({ is: 'unknown', why: 'done_when was answered with 502' });
  });

  it('checks certificates: by the authority that the task names, and by the name of the server', async () => {
    const [cert, certKey] = [join(home.path, 'cert.pem'), join(home.path, 'key.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const files = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', certKey, '-out', cert];
    execFileSync('openssl', ['req', '-x509', ...files, ...subject], { stdio: 'ignore' });
    const tls = createServer({ cert: readFileSync(cert), key: readFileSync(certKey) }, (_, answer) => answer.end('ok'));
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    const { port } = tls.address() as AddressInfo;
    try {
      const stranger = await sent({ method: 'POST', url: `https://localhost:${port}` });
      expect(stranger.receipt).toMatchObject({ sent: false, problem: expect.stringContaining('self-signed') });
      const known = await sent({ method: 'POST', url: `https://localhost:${port}`, ca: cert });
      expect(known.receipt).toMatchObject({ sent: true, answer: { status: 200, body: 'ok' } });
      const other = await sent({ method: 'POST', url: `https://127.0.0.1:${port}`, ca: cert });
      expect(other.receipt).toMatchObject({
        sent: false,
        problem: expect.stringContaining('does not match certificate'),
      });
    } finally {
      tls.closeAllConnections();
      tls.close();
    }
  });

  it('keeps the first 64 KiB of a long answer', async () => {
    server.answer = () => ({ status: 200, body: `"${'x'.repeat(1_000_000)}"` });
    const { receipt } = await sent({ method: 'GET', url: server.url });
    const { answer } = receipt as { answer: { body: string; json: unknown } };
    expect(answer.body.length).toBeLessThan(65 * 1024);
    expect(answer.body).toMatch(/\[cut: /);
    expect(answer.json).toBeNull();
  });

  it.each([
    [{ url: 'http://anna:secret@example.org/' }, 'a url may not hold a user or a password'],
    [{ url: 'http://example.org/', headers: { Authorization: 'x' } }, 'header Authorization'],
    [{ url: 'http://example.org/', headers: { 'X-Auth-Token': 'x' } }, 'header X-Auth-Token'],
  ])('refuses a secret in a place that others read %#', async (params, problem) => {
    const step = await stage.step('http@1', { method: 'GET', ...params });
    await expect(step.check()).rejects.toMatchObject({
      code: 'PARAMS_INVALID',
      message: expect.stringContaining(problem),
    });
  });
});
