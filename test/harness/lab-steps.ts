import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  change,
  defineProbe,
  defineStep,
  kept,
  notDone,
  PgdbaError,
  pending,
  satisfied,
  Type,
  undone,
  unknown,
} from '../../src/step/index.ts';
import type { ProbeIndex, StepIndex } from '../../src/step/registry.ts';

const where = { in: Type.String(), name: Type.String() };
const note = (folder: string, deed: string) => appendFileSync(join(folder, 'deeds'), `${deed}\n`);
const is = (folder: string, name: string) => existsSync(join(folder, name));

/** The file says how often the network fails yet. */
function stumble(file: string, name: string): void {
  const left = Number(readFileSync(file, 'utf8'));
  if (left <= 0) return;
  writeFileSync(file, String(left - 1));
  throw new PgdbaError('CONNECTION_LOST', { facts: { server: name, problem: 'told to' } });
}

/**
 * Makes a file. The world can make it fail: `NAME.fails`, `NAME.half` (made, then throws), `NAME.flaky` (so often),
 * `NAME.stuck` (undo fails), `NAME.kept`; and wait: `NAME.waits` until there is `NAME.go`.
 */
const ensure = defineStep({
  id: 'ensure',
  version: 1,
  since: '0.1.0',
  summary: 'Make a file.',
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({ ...where, text: Type.Optional(Type.String()), secret: Type.Optional(Type.Secret()) }),
  result: Type.Object({ text: Type.String() }),
  memo: Type.Object({ was: Type.String() }),
  settle: { every: '10ms', within: '50ms' },
  async check({ params: { in: folder, name } }) {
    if (is(folder, `${name}.blind`)) return unknown('the look is blocked');
    if (is(folder, name)) return satisfied({ text: readFileSync(join(folder, name), 'utf8') });
    return change(`make ${name}`, { was: 'absent' }, { diff: `+ ${name}` });
  },
  async apply(act) {
    const { in: folder, name, text = '', secret } = act.params;
    note(folder, `apply ${name}`);
    if (is(folder, `${name}.slow`)) await act.sleep(60_000);
    while (is(folder, `${name}.waits`) && !is(folder, `${name}.go`)) await act.sleep(2);
    if (is(folder, `${name}.flaky`)) stumble(join(folder, `${name}.flaky`), name);
    if (is(folder, `${name}.fails`))
      throw new PgdbaError('COMMAND_FAILED', { facts: { program: name, exit: 1, problem: 'told to' } });
    if (is(folder, `${name}.lost`)) return;
    writeFileSync(join(folder, name), secret?.reveal() ?? text);
    if (is(folder, `${name}.half`))
      throw new PgdbaError('CONNECTION_LOST', { facts: { server: name, problem: 'told to' } });
    if (is(folder, `${name}.blinding`)) writeFileSync(join(folder, `${name}.blind`), '');
  },
  async rollback({ params: { in: folder, name } }, { was }) {
    note(folder, `rollback ${name} to ${was}`);
    if (is(folder, `${name}.stuck`)) throw new Error('the file is nailed down');
    if (is(folder, `${name}.kept`)) return kept('somebody uses it');
    rmSync(join(folder, name), { force: true });
    return undone;
  },
});

/** Reads a file; pending while it is absent. */
const look = defineStep({
  id: 'look',
  version: 1,
  since: '0.1.0',
  summary: 'Read a file.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object(where),
  result: Type.Object({ text: Type.String(), list: Type.Array(Type.String()) }),
  settle: { every: '10ms' },
  async check({ params: { in: folder, name } }) {
    if (!is(folder, name)) return pending(`${name} is not there`);
    const text = readFileSync(join(folder, name), 'utf8');
    return satisfied({ text, list: text.split(' ').filter((word) => word !== '') });
  },
});

/** Appends a line: an event. `NAME.slow`: it takes long after it was done; `NAME.mute`: nobody can tell afterwards. */
const once = defineStep({
  id: 'ring',
  version: 1,
  since: '0.1.0',
  summary: 'Ring once.',
  effect: 'once',
  risk: 'safe',
  params: Type.Object(where),
  result: Type.Object({ rung: Type.Boolean() }),
  memo: Type.Object({ mark: Type.String() }),
  receipt: Type.Object({ at: Type.Integer() }),
  settle: { every: '10ms', within: '50ms' },
  async check({ run }) {
    return change('ring', { mark: run.id });
  },
  async apply(act, { mark }) {
    const { in: folder, name } = act.params;
    if (is(folder, `${name}.dead`)) await act.sleep(60_000);
    if (is(folder, `${name}.alive`))
      throw new PgdbaError('STATEMENT_ALIVE', { facts: { server: name, pid: 7, problem: 'told to' } });
    appendFileSync(join(folder, name), `${mark}\n`);
    if (is(folder, `${name}.slow`)) await act.sleep(60_000);
    return { at: 1 };
  },
  async verify({ params: { in: folder, name } }, { mark }) {
    if (is(folder, `${name}.mute`)) return unknown('nobody listened');
    const text = is(folder, name) ? readFileSync(join(folder, name), 'utf8') : '';
    return text.includes(mark) ? satisfied({ rung: true }) : notDone('silence');
  },
  async rollback() {
    return kept('a bell cannot be unrung');
  },
});

/** Runs a program on member n1 for as long as it lets it. */
const program = defineStep({
  id: 'program',
  version: 1,
  since: '0.1.0',
  summary: 'Run a program.',
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({ argv: Type.Array(Type.String()) }),
  result: Type.Object({}),
  memo: Type.Object({}),
  check: async () => change('run it', {}),
  async apply(act) {
    const member = await act.member('n1');
    await member.exec(act.params.argv, { as: 'server', timeoutMs: 60_000 });
  },
  rollback: async () => undone,
});

/** Puts a secret into its result, which no step may. */
const leak = defineStep({
  id: 'leak',
  version: 1,
  since: '0.1.0',
  summary: 'Leak.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({ secret: Type.Secret() }),
  result: Type.Object({ text: Type.String() }),
  async check({ params: { secret } }) {
    return satisfied({ text: `it is ${secret.reveal()}` });
  },
});

export const labSteps: StepIndex = {
  'assert@1': () => import('../../steps/core/assert.ts'),
  'ensure@1': async () => ({ default: ensure }),
  'leak@1': async () => ({ default: leak }),
  'program@1': async () => ({ default: program }),
  'look@1': async () => ({ default: look }),
  'ring@1': async () => ({ default: once }),
};

/** Counts how often a file was there while it watched. */
const watch = defineProbe({
  id: 'watch',
  version: 1,
  since: '0.1.0',
  summary: 'Watch a file.',
  writes: false,
  params: Type.Object(where),
  result: Type.Object({ seen: Type.Boolean(), ended: Type.Boolean() }),
  async run({ params: { in: folder, name } }, ready, until) {
    if (is(folder, `${name}.fails`)) throw new Error('the watchman fell asleep');
    let seen = is(folder, name);
    ready();
    while (!until.aborted) {
      seen ||= is(folder, name);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { seen: seen || is(folder, name), ended: true };
  },
});

export const labProbes: ProbeIndex = { 'watch@1': async () => ({ default: watch }) };
