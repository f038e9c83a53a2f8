import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ConfigSources, loadConfig } from '../../../src/inventory/config.ts';

async function load(yaml: string | null, rest: Partial<ConfigSources> = {}) {
  const home = await mkdtemp(join(tmpdir(), 'pgdba-config-'));
  onTestFinished(() => rm(home, { recursive: true }));
  if (yaml !== null) await writeFile(join(home, 'config.yaml'), yaml);
  return loadConfig({ home, file: null, cwd: home, env: {}, flags: {}, ...rest });
}

describe('loadConfig', () => {
  it('has defaults for everything when there is no file', async () => {
    expect(await load(null)).toEqual({
      file: null,
      pg: { host: null, port: null, user: null, database: null, sslmode: null },
      provider: { type: 'docker' },
      cluster: { name: null },
      output: { format: 'json' },
      max_risk: null,
      monitor: {},
      notifications: [],
    });
  });

  it('lets a flag win over the environment, that over the file, that over the default', async () => {
    const yaml = 'provider: {type: local}\noutput: {format: yaml}\nmax_risk: safe\n';
    const env = { PGDBA_PROVIDER_TYPE: 'baremetal', PGDBA_FORMAT: 'table', PGDBA_MAX_RISK: '' };
    const config = await load(yaml, { env, flags: { 'provider.type': 'kubernetes' } });
    expect(config).toMatchObject({
      provider: { type: 'kubernetes' },
      output: { format: 'table' },
      max_risk: 'safe',
      cluster: { name: null },
    });
  });

  it('reads ports as numbers, dotted names, and what monitoring keeps for itself', async () => {
    const yaml =
      'pg:\n  port: 6432\n  host: db1\ncluster.name: demo\nmonitor:\n  interval: 15s\n  smtp:\n    password: file:/run/x\n';
    expect(await load(yaml)).toMatchObject({
      pg: { port: 6432, host: 'db1' },
      cluster: { name: 'demo' },
      monitor: { interval: '15s', 'smtp.password': 'file:/run/x' },
    });
    expect((await load('pg: {port: 6432}', { env: { PGDBA_PG_PORT: '7000' } })).pg.port).toBe(7000);
  });

  it('accepts an empty file', async () => {
    expect((await load('# nothing yet\n')).provider.type).toBe('docker');
  });

  it.each([
    ['pg:\n  hots: db1\n', 'line 2: there is no setting "pg.hots"', 'did you mean pg.host?'],
    ['output: {format: tabel}\n', 'line 1: output.format: "tabel" is not one of json, table, yaml', ''],
    ['pg: {port: 99999}\n', 'line 1: pg.port: "99999" is not a port (1 to 65535)', ''],
    ['pg: [1]\n', 'line 1: there is no setting "pg"', ''],
    ['pg:\n  password: hunter2\n', 'line 2: pg.password would put a secret into the file', 'PGDBA_PG_PASSWORD'],
    ['pg:\n  password: file:/run/x\n', 'line 2: pg.password would put a secret into the file', 'PGDBA_PG_PASSWORD'],
    ['monitor:\n  webhook_token: abcdef\n', 'line 2: monitor.webhook_token would put a secret into the file', ''],
    ['pg:\n  host: postgres://u:hunter2@db1\n', 'line 2: pg.host holds a password inside its URL', ''],
    ['pg: {host: a\n', 'line 2: ', ''],
    ['pg: a\npg: b\n', 'line 2: ', ''],
  ])('refuses %j, saying where and what to do', async (yaml, problem, hint) => {
    const error = await load(yaml).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(problem) });
    expect(error).toMatchObject({ hint: expect.stringContaining(hint) });
    expect(String(error)).not.toContain('hunter2');
  });

  it('refuses a file that was named and is not there, and a wrong value in a variable', async () => {
    await expect(load(null, { file: 'no.yaml' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(load(null, { env: { PGDBA_FORMAT: 'jsn' } })).rejects.toMatchObject({
      code: 'USAGE',
      message: 'PGDBA_FORMAT: "jsn" is not one of json, table, yaml',
      hint: 'did you mean json?',
    });
  });
});
