import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { change, defineStep, kept, notDone, PgdbaError, satisfied, Type, undone } from '../../src/step/index.ts';
import type { StepIndex } from '../../src/step/registry.ts';
import { crashSteps } from './crash-steps.ts';

const params = Type.Object({ in: Type.String(), name: Type.String() });
const settle = { every: '5ms', within: '20ms' };

interface Here {
  readonly params: { readonly in: string; readonly name: string };
  sleep(ms: number): Promise<void>;
}

const file = ({ params: { in: folder, name } }: Here, suffix = '') => join(folder, `${name}${suffix}`);
const note = (here: Here, deed: string) =>
  appendFileSync(join(here.params.in, 'deeds'), `${deed} ${here.params.name}\n`);

/**
 * Says where the run is by `NAME.PLACE.began`, stays as long as there is `NAME.PLACE.held`, fails if there is
 * `NAME.PLACE.fails`; `NAME.PLACE.dies` ends the whole process at once, one time.
 */
async function pass(here: Here, place: string): Promise<void> {
  writeFileSync(file(here, `.${place}.began`), '');
  if (existsSync(file(here, `.${place}.dies`))) {
    renameSync(file(here, `.${place}.dies`), file(here, `.${place}.died`));
    process.kill(process.pid, 'SIGKILL');
  }
  while (existsSync(file(here, `.${place}.held`))) await here.sleep(3);
  const told = { facts: { server: here.params.name, problem: `told to in ${place}` } };
  if (existsSync(file(here, `.${place}.fails`))) throw new PgdbaError('CONNECTION_LOST', told);
}

/** An undoing; `NAME.undo.kept`: it is left as it is. */
async function undo(here: Here, bringBack: () => void) {
  note(here, 'undo');
  await pass(here, 'undo');
  if (existsSync(file(here, '.undo.kept'))) return kept('somebody uses it');
  bringBack();
  return undone;
}

/** Makes a file; `NAME.lost`: it looks made to nobody. */
const work = defineStep({
  id: 'work',
  version: 1,
  since: '0.1.0',
  summary: 'Make a file.',
  effect: 'idempotent',
  risk: 'safe',
  params,
  result: Type.Object({}),
  memo: Type.Object({}),
  settle,
  async check(look) {
    const made = existsSync(file(look)) && !existsSync(file(look, '.lost'));
    await pass(look, made ? 'verify' : 'check');
    return made ? satisfied({}) : change('make it', {});
  },
  async apply(act) {
    note(act, 'apply');
    await pass(act, 'apply');
    writeFileSync(file(act), '');
  },
  async rollback(act) {
    return undo(act, () => rmSync(file(act), { force: true }));
  },
});

/** Adds a line, once; `NAME.lost`: nobody finds it. It passes `done` when it has happened. */
const event = defineStep({
  id: 'event',
  version: 1,
  since: '0.1.0',
  summary: 'Add a line.',
  effect: 'once',
  risk: 'safe',
  params,
  result: Type.Object({}),
  memo: Type.Object({ mark: Type.String() }),
  receipt: Type.Object({}),
  settle,
  async check(look) {
    await pass(look, 'check');
    return change('add a line', { mark: look.run.id });
  },
  async apply(act, { mark }) {
    note(act, 'apply');
    await pass(act, 'apply');
    appendFileSync(file(act), `${mark}\n`);
    await pass(act, 'done');
    return {};
  },
  async verify(look, { mark }) {
    await pass(look, 'verify');
    const text = existsSync(file(look)) && !existsSync(file(look, '.lost')) ? readFileSync(file(look), 'utf8') : '';
    return text.includes(mark) ? satisfied({}) : notDone('there is no such line');
  },
  async rollback(act) {
    return undo(act, () => rmSync(file(act), { force: true }));
  },
});

/** Only looks. */
const see = defineStep({
  id: 'see',
  version: 1,
  since: '0.1.0',
  summary: 'See.',
  effect: 'none',
  risk: 'read-only',
  params,
  result: Type.Object({}),
  async check(look) {
    await pass(look, 'check');
    return satisfied({});
  },
});

/** Steps that can be held, made to fail and killed at every place, by files in their world. */
export const matrixSteps: StepIndex = {
  ...crashSteps,
  'work@1': async () => ({ default: work }),
  'event@1': async () => ({ default: event }),
  'see@1': async () => ({ default: see }),
};
