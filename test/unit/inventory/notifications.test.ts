import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../../src/inventory/config.ts';

async function load(yaml: string) {
  const home = await mkdtemp(join(tmpdir(), 'pgdba-config-'));
  onTestFinished(() => rm(home, { recursive: true }));
  await writeFile(join(home, 'config.yaml'), yaml);
  return (await loadConfig({ home, file: null, cwd: home, env: {}, flags: {} })).notifications;
}

describe('notifications in the configuration', () => {
  it('are webhooks and programs', async () => {
    const yaml = `
notifications:
  - name: oncall
    webhook: { url: https://hooks.example.org/pgdba, secret: "file:/etc/pgdba/key", ca: /etc/ca.pem }
  - { name: chat, on: [any], webhook: { url: "env:CHAT_URL" } }
  - { name: log, on: failed, exec: [logger, -t, pgdba] }
`;
    expect(await load(yaml)).toEqual([
      {
        name: 'oncall',
        on: ['trouble', 'waiting'],
        way: { url: 'https://hooks.example.org/pgdba', secret: 'file:/etc/pgdba/key', ca: '/etc/ca.pem' },
      },
      { name: 'chat', on: ['any'], way: { url: 'env:CHAT_URL', secret: null, ca: null } },
      { name: 'log', on: ['failed'], way: { exec: ['logger', '-t', 'pgdba'] } },
    ]);
  });

  it.each([
    ['notifications: { oncall: {} }', 'notifications must be a list'],
    ['notifications: [{ name: Ann Call, exec: [x] }]', 'needs a name'],
    ['notifications: [{ name: a }]', 'needs either webhook or exec'],
    ['notifications: [{ name: a, exec: x y }]', 'must be a list of words'],
    ['notifications: [{ name: a, on: [fialed], exec: [x] }]', '"fialed" is no way for a run to stand'],
    ['notifications: [{ name: a, webhok: {} }]', 'has no key "webhok"'],
    ['notifications: [{ name: a, exec: [x] }, { name: a, exec: [x] }]', 'two notification targets are called a'],
    ['notifications: [{ name: a, webhook: { url: "ftp://x" } }]', 'must be an http address'],
    ['notifications: [{ name: a, webhook: { url: "https://u:swordfish@x" } }]', 'must be an http address'],
    [
      'notifications: [{ name: a, webhook: { url: "https://x", secret: swordfish } }]',
      'would put a secret into the file',
    ],
  ])('are refused with what is wrong, and without the secret: %s', async (yaml, problem) => {
    const refusal = await load(yaml).catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(problem) });
    expect(JSON.stringify(refusal)).not.toContain('swordfish');
  });
});
