import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pgdba } from '../../harness/cli.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';
import { type WebServer, webServer } from '../../harness/web-server.ts';

let home: ScratchHome;
let server: WebServer;
beforeEach(async () => {
  home = await scratchHome();
  server = await webServer();
  const targets = ['oncall', 'chat'].map(
    (name) => `  - { name: ${name}, webhook: { url: "${server.url}/${name}" } }\n`,
  );
  writeFileSync(join(home.path, 'config.yaml'), `notifications:\n${targets.join('')}`);
});
afterEach(async () => {
  await server.close();
  await home.remove();
});

describe('notify test', () => {
  it('sends a test event to every target, whatever it listens to', async () => {
    const { exit, envelope } = await pgdba(home.path, 'notify', 'test');
    expect(exit).toBe(0);
    expect(envelope.data).toEqual({
      deliveries: [
        { target: 'oncall', told: true, problem: null, attempts: 1 },
        { target: 'chat', told: true, problem: null, attempts: 1 },
      ],
    });
    expect(server.seen.map(({ body }) => JSON.parse(body).type)).toEqual(['test', 'test']);
  });

  it('sends it to one', async () => {
    await pgdba(home.path, 'notify', 'test', 'chat');
    expect(server.seen.map(({ path }) => path)).toEqual(['/chat']);
  });

  it('fails with what the receiver said, and still shows the others', async () => {
    server.answer = ({ path }) => ({ status: path === '/chat' ? 403 : 200, body: 'no such room' });
    const { exit, envelope } = await pgdba(home.path, 'notify', 'test');
    expect(exit).toBe(1);
    expect(envelope).toMatchObject({
      code: 'NOTIFICATION_FAILED',
      error: `not everybody was told: chat: ${server.url} answered 403: no such room`,
      hint: 'put right what it says, then: pgdba notify test chat',
      data: {
        deliveries: [
          { target: 'oncall', told: true },
          { target: 'chat', told: false },
        ],
      },
    });
  });

  it('says how to begin when there is no target', async () => {
    writeFileSync(join(home.path, 'config.yaml'), '');
    const { exit, envelope } = await pgdba(home.path, 'notify', 'test');
    expect(exit).toBe(2);
    expect(envelope.hint).toContain(join(home.path, 'config.yaml'));
  });
});
