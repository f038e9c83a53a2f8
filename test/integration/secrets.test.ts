import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Inventory } from '../../src/inventory/inventory.ts';
import { type CliAnswer, pgdba } from '../harness/cli.ts';
import { processesWith } from '../harness/processes.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { until } from '../harness/until.ts';
import { type WebServer, webServer } from '../harness/web-server.ts';
import { SecretHunt } from './secret-hunt.ts';

/** With every sign that somebody escapes, and one that no HTTP header can carry. */
const token = `t0k"en/of+this\\t€st?&'${process.pid}`;
const password = `pa55:w/ord+of=web?${process.pid}`;
const pin = `73${process.pid}519284`;
const key = `k3y/of+the=webhook${process.pid}`;

let home: ScratchHome;
let outside: ScratchHome;
let web: WebServer;
let playbook: string;
const hunt = new SecretHunt();

beforeAll(async () => {
  [home, outside] = [await scratchHome(), await scratchHome()];
  web = await webServer();
  for (const [name, value] of Object.entries({ token, password, pin, key })) {
    hunt.add(name, value);
    writeFileSync(join(outside.path, name), `${value}\n`, { mode: 0o600 });
  }
  process.env.PGDBA_TEST_TOKEN = token;
  writeFileSync(
    join(home.path, 'config.yaml'),
    `notifications:\n  - { name: hook, on: [any], webhook: { url: "${web.url}/hook", secret: "file:${outside.path}/key" } }\n`,
  );
  playbook = join(outside.path, 'leak.yaml');
  writeFileSync(playbook, leak());
  mkdirSync(join(outside.path, 'signs'));
  hunt.watchProcesses();
  await call('cluster', 'init', '--provider', 'local', '--name', 'vault', '--members', '2');
  const cluster = await new Inventory(home.path).read('vault');
  for (const [name, reference] of Object.entries(cluster?.secrets ?? {})) {
    hunt.add(name, readFileSync(reference.slice('file:'.length), 'utf8').trim());
  }
});
afterAll(async () => {
  hunt.unwatch();
  delete process.env.PGDBA_TEST_TOKEN;
  await web.close();
  await pgdba(home.path, 'cluster', 'destroy', '--name', 'vault', '--confirm');
  await home.remove();
  await outside.remove();
});

/** Prints its standard input in every way, then waits to be looked at, then fails. */
const chatty = `
  const { readFileSync, existsSync } = require('node:fs');
  const said = readFileSync(0, 'utf8');
  const bytes = Buffer.from(said);
  const all = [said, bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex'),
    encodeURIComponent(said), JSON.stringify({ said }), JSON.stringify(JSON.stringify({ said })),
    Buffer.from('user:' + said).toString('base64'), String(new URLSearchParams({ said }))].join('\\n');
  console.log(all);
  console.error('Error: cannot log in: ' + all);
  const [, folder, mark] = process.argv;
  const timer = setInterval(() => { if (existsSync(folder + '/' + mark)) { clearInterval(timer); process.exitCode = 3; } }, 10);
`;

function leak(): string {
  const when = (way: string) => `when: "inputs.way == '${way}'"`;
  return `
apiVersion: pgdba/v1
kind: Playbook
name: leak
version: "1.0.0"
summary: Does all it can to let a secret out.
risk: disruptive
target: cluster
on_failure: stop
inputs:
  way: { type: string, description: How to let it out. }
  token: { type: string, format: secret, default: "env:PGDBA_TEST_TOKEN", description: A secret. }
tasks:
  - id: program
    ${when('program')}
    uses: exec@1
    with: { argv: [${JSON.stringify(process.execPath)}, -e, ${JSON.stringify(chatty)}, "${outside.path}/signs", seen], stdin_secret: "\${{ inputs.token }}" }
  - id: output
    ${when('output')}
    uses: exec@1
    with: { argv: [${JSON.stringify(process.execPath)}, -e, ${JSON.stringify(chatty)}, "${outside.path}/signs", seen], stdin_secret: "\${{ inputs.token }}", ok_exit: [3] }
  - id: cast
    ${when('sql')}
    uses: sql@1
    with: { statement: "select $1::integer", secret_values: ["\${{ inputs.token }}"] }
  - id: raise
    ${when('sql-raise')}
    uses: sql@1
    with: { statement: "select pg_catalog.set_config('no.' || $1, $1, true)", secret_values: ["\${{ inputs.token }}"], transaction: false }
  - id: row
    ${when('sql-row')}
    uses: sql@1
    with: { statement: "select $1::text as text, $2::bigint as pin, $2::float8 as number, pg_catalog.convert_to($1, 'UTF8') as bytes", secret_values: ["\${{ inputs.token }}", "file:${outside.path}/pin"] }
  - id: basic
    ${when('web')}
    uses: http@1
    with: { method: POST, url: "${web.url}/echo", auth_secret: "file:${outside.path}/password", auth_scheme: Basic }
  - id: bearer
    ${when('web-number')}
    uses: http@1
    with: { method: POST, url: "${web.url}/number", auth_secret: "file:${outside.path}/pin" }
  - id: header
    ${when('web-header')}
    uses: http@1
    with: { method: POST, url: "${web.url}/echo", auth_secret: "\${{ inputs.token }}" }
  - id: hangup
    ${when('web-hangup')}
    uses: http@1
    with: { method: POST, url: "${web.url}/hangup", auth_secret: "file:${outside.path}/password" }
outputs:
  said: "\${{ has(tasks.output.out) ? tasks.output.out.stdout : '' }}"
`;
}

/** One call with everything that talks, all of which is searched. */
async function call(...argv: string[]): Promise<CliAnswer> {
  const answer = await pgdba(home.path, ...argv, '--log-level', 'debug');
  hunt.search(`what ${argv.slice(0, 2).join(' ')} printed`, answer.stdout);
  hunt.search(`what ${argv.slice(0, 2).join(' ')} said on stderr`, answer.stderr);
  return answer;
}

function run(way: string, ...more: string[]): Promise<CliAnswer> {
  return call('run', playbook, '--name', 'vault', '--set', `way=${way}`, '--yes', '--events', ...more);
}

const lastLine = ({ stdout }: CliAnswer) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');

describe('no byte that others can see holds a secret', () => {
  it('when a program says it on both streams and fails, nor while it runs', async () => {
    const running = run('program');
    await until('the program runs', () => processesWith(`${outside.path}/signs`).length > 0);
    hunt.searchProcesses();
    writeFileSync(join(outside.path, 'signs', 'seen'), '');
    expect(lastLine(await running)).toMatchObject({ code: 'COMMAND_FAILED', facts: { exit: 3 } });
    expect(hunt.found).toEqual([]);
  });

  it('when what it said is a result and an output', async () => {
    const { data } = lastLine(await run('output'));
    expect(data.said.split('\n')[0]).toBe('‹secret›');
    expect(hunt.found).toEqual([]);
  });

  it.each([
    ['sql', 'NOT_DONE', '22P02'],
    ['sql-raise', 'SQL_FAILED', '42602'],
  ])('when PostgreSQL repeats it in an error: %s', async (way, code, sqlstate) => {
    const answer = lastLine(await run(way));
    expect(answer).toMatchObject({ code });
    expect(JSON.stringify(answer)).toContain(sqlstate);
    expect(hunt.found).toEqual([]);
  });

  it('when rows hold it, as text, bytes and numbers', async () => {
    expect((await run('sql-row')).exit).toBe(0);
    expect(hunt.found).toEqual([]);
  });

  // Nobody knows what became of a request that was answered with 500, or not at all.
  it.each([
    ['web', 1],
    ['web-number', 0],
    ['web-header', 7],
    ['web-hangup', 7],
  ])('when a web server does it: %s', async (way, exit) => {
    web.answer = ({ path, headers }) => {
      const { authorization = '' } = headers;
      if (path === '/hangup') return null;
      if (path === '/number') return { status: 200, body: `{"pin": ${authorization.replace('Bearer ', '')}}` };
      if (path === '/echo') {
        const plain = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
        return { status: 500, body: JSON.stringify({ authorization, plain }) };
      }
      return { status: 200 };
    };
    const answer = await run(way);
    expect(answer.exit).toBe(exit);
    expect(hunt.found).toEqual([]);
  });

  it('when a receiver of notifications answers with the key itself', async () => {
    web.answer = () => ({ status: 400, body: `wrong key ${key}` });
    const answer = await call('notify', 'test');
    expect(answer.envelope).toMatchObject({ code: 'NOTIFICATION_FAILED' });
    expect(answer.stderr).toContain('wrong key ‹secret›');
    expect(hunt.found).toEqual([]);
  });

  it('when somebody gives it where a reference belongs', async () => {
    const answer = await run('sql', '--set', `token=${token}`);
    expect(answer.envelope ?? lastLine(answer)).toMatchObject({ success: false, code: 'INPUT_INVALID' });
    expect(hunt.found).toEqual([]);
  });

  it('when the primary is handed over, with a guard beside it', async () => {
    expect((await call('switchover', '--name', 'vault', '--yes', '--events')).exit).toBe(0);
    hunt.searchProcesses();
    expect(hunt.found).toEqual([]);
  });

  it('when runs are shown and exported', async () => {
    const { data } = (await call('runs', 'list')).envelope;
    for (const { id } of data.runs) {
      await call('runs', 'show', id);
      for (const format of ['json', 'jsonl', 'md', 'junit', 'html']) {
        expect((await call('runs', 'export', id, '--format', format)).exit).toBe(0);
      }
    }
    expect(data.runs.length).toBeGreaterThan(8);
    expect(hunt.found).toEqual([]);
  });

  it('in any file of the home or of the servers, save those that are there to hold it', async () => {
    const cluster = await new Inventory(home.path).read('vault');
    if (!cluster) throw new Error('the cluster is gone');
    const references = Object.values(cluster.secrets).map((reference) => reference.slice('file:'.length));
    const generated = ['patroni.yml', 'userlist.txt', 'pgpass', 'pgbouncer.ini'];
    const mayHold = (path: string) => references.includes(path) || generated.includes(basename(path));
    expect(references.every((path) => (statSync(path).mode & 0o077) === 0)).toBe(true);
    expect(hunt.searchFiles(home.path, mayHold)).toBeGreaterThan(30);
    expect(hunt.searchFiles(cluster.directory, mayHold)).toBeGreaterThan(50);
    const runs = readdirSync(join(home.path, 'runs'));
    expect(runs.some((run) => existsSync(join(home.path, 'runs', run, 'guard.jsonl')))).toBe(true);
    expect(hunt.found).toEqual([]);
  });
});

describe('the hunt', () => {
  it('would find one', () => {
    const other = new SecretHunt();
    other.add('token', token);
    other.search('here', `x${Buffer.from(token).toString('base64')}y`);
    other.search('there', `"${JSON.stringify(token).slice(1, -1)}"`);
    expect(other.found).toHaveLength(2);
    expect(other.searchFiles(outside.path, () => false)).toBeGreaterThan(3);
    expect(other.found.length).toBeGreaterThan(2);
  });
});
