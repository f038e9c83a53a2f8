import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startGuard } from '../../../src/engine/guard-process.ts';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import type { GuardBrief } from '../../../src/formats/guard-talk.ts';
import { Redactor } from '../../../src/secrets/redactor.ts';
import { startHolder } from '../../guard/held-world.ts';
import { buildPrograms, type Programs } from '../../guard/programs.ts';
import { processesWith } from '../../harness/processes.ts';
import { until } from '../../harness/until.ts';

let programs: Programs;
beforeAll(async () => {
  programs = await buildPrograms();
}, 60_000);
afterAll(() => programs.remove());

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'pgdba-guard-start-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Nobody listens on port 1. */
function brief(directory: string): GuardBrief {
  const login = { host: '127.0.0.1', port: 1, user: 'somebody', password: 'a-very-secret-word' };
  const target = { path: join(directory, 'target.ini'), uid: 0, gid: 0 };
  return {
    run: 'run-1',
    task: 'pause',
    order: 'pooler-resume',
    within_ms: 1_000,
    poolers: [{ name: 'pooler-1', ...login, target }],
    members: [{ name: 'demo-1', ...login }],
    directory,
  };
}

async function refusal(order: unknown, program = programs.guard): Promise<PgdbaError> {
  const thrown: unknown = await startGuard(order as GuardBrief, { redactor: new Redactor(), program }).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof PgdbaError) return thrown;
  throw new Error(`not one of our errors: ${String(thrown)}`);
}

describe('a guard does not become ready', () => {
  it.each([
    ['another order', { order: 'reboot' }, 'the guard does not know this order'],
    ['no poolers', { poolers: [] }, '"poolers" is not a list with something in it'],
    ['a time that is none', { within_ms: '10s' }, '"within_ms" is not a whole number'],
    ['no run', { run: '' }, '"run" is not a text'],
    ['a member that is none', { members: ['demo-1'] }, '"members" is not an object'],
  ])('with %s', async (_, over, problem) => {
    const directory = scratch();
    const error = await refusal({ ...brief(directory), ...over });
    expect(error).toMatchObject({ code: 'GUARD_FAILED', class: 'precheck', facts: { problem } });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('with a target that is not an absolute path, or a host that could write a second line into it', async () => {
    const good = brief(scratch());
    const [pooler] = good.poolers;
    const [member] = good.members;
    const poolers = [{ ...pooler, target: { path: 'target.ini', uid: 0, gid: 0 } }];
    expect((await refusal({ ...good, poolers })).facts).toEqual({ problem: '"path" is not absolute' });
    const members = [{ ...member, host: '127.0.0.1\n*' }];
    expect((await refusal({ ...good, members })).facts).toEqual({ problem: '"host" holds white space' });
  });

  it('with servers that do not answer, and names one', async () => {
    const directory = scratch();
    const error = await refusal(brief(directory));
    expect(error.message).toMatch(/did not start: cannot connect to 127\.0\.0\.1:1/);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('with a program that is not there, or dies', async () => {
    const directory = scratch();
    const broken = join(directory, 'broken.mjs');
    writeFileSync(broken, 'throw new TypeError("it is broken")');
    expect((await refusal(brief(directory), join(directory, 'none.mjs'))).message).toMatch(
      /it ended with 1: Cannot find module/,
    );
    expect((await refusal(brief(directory), broken)).message).toMatch(/it ended with 1: it is broken/);
  });

  it('when pgdba dies before', async () => {
    // Accepts and says nothing: a frozen server, on command.
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    onTestFinished(() => void silent.close());
    const directory = scratch();
    const good = brief(directory);
    const order = { ...good, poolers: good.poolers.map((pooler) => ({ ...pooler, port })) };
    const connected = new Promise((resolve) => silent.once('connection', resolve));
    const holder = startHolder(programs, order);
    await connected;
    holder.kill();
    await until('the guard to end', () => processesWith(programs.guard).length === 0);
    expect(readdirSync(directory)).toEqual([]);
  });
});
