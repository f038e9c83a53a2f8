import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { change, defineStep, kept, notDone, satisfied, Type, undone, unknown } from '../../src/step/index.ts';
import type { StepIndex } from '../../src/step/registry.ts';
import { labSteps } from './lab-steps.ts';

const where = { in: Type.String(), name: Type.String() };
const linesIn = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);

/** Holds the clients of the lab's pooler: a file stands for the pause. */
const pause = defineStep({
  id: 'pause',
  version: 1,
  since: '0.1.0',
  summary: 'Hold.',
  effect: 'hold',
  risk: 'safe',
  params: Type.Object({ in: Type.String() }),
  result: Type.Object({}),
  memo: Type.Object({}),
  settle: { every: '10ms', within: '50ms' },
  check: async ({ params: { in: folder } }) =>
    existsSync(join(folder, 'paused')) ? satisfied({}) : change('hold clients', {}),
  async apply({ params: { in: folder } }) {
    writeFileSync(join(folder, 'paused'), '');
  },
  async rollback({ params: { in: folder } }) {
    rmSync(join(folder, 'paused'), { force: true });
    return undone;
  },
  guardOrder: (_memo) => ({ kind: 'pooler-resume', poolers: ['pooler'], within_ms: 8_000 }),
});

/** Lets them go. */
const resume = defineStep({
  id: 'resume',
  version: 1,
  since: '0.1.0',
  summary: 'Let go.',
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({ in: Type.String() }),
  result: Type.Object({}),
  memo: Type.Object({}),
  settle: { every: '10ms', within: '50ms' },
  check: async ({ params: { in: folder } }) =>
    existsSync(join(folder, 'paused')) ? change('let clients go', {}) : satisfied({}),
  async apply({ params: { in: folder } }) {
    rmSync(join(folder, 'paused'), { force: true });
  },
  rollback: async () => undone,
});

/** An event that must happen while clients are held: else it leaves `unprotected` behind. */
const move = defineStep({
  id: 'move',
  version: 1,
  since: '0.1.0',
  summary: 'Move once.',
  effect: 'once',
  risk: 'safe',
  params: Type.Object(where),
  result: Type.Object({}),
  memo: Type.Object({ mark: Type.String() }),
  receipt: Type.Object({}),
  settle: { every: '10ms', within: '50ms' },
  check: async ({ run }) => change('move', { mark: run.id }),
  async apply({ params: { in: folder, name } }, { mark }) {
    if (!existsSync(join(folder, 'paused'))) writeFileSync(join(folder, 'unprotected'), '');
    appendFileSync(join(folder, name), `${mark}\n`);
    return {};
  },
  verify: async ({ params: { in: folder, name } }, { mark }) =>
    linesIn(join(folder, name)).includes(mark) ? satisfied({}) : notDone('it is where it was'),
  rollback: async () => kept('it stays where it is'),
});

/** An event that leaves no mark: only who has its receipt knows that it happened. */
const toll = defineStep({
  id: 'toll',
  version: 1,
  since: '0.1.0',
  summary: 'Toll once.',
  effect: 'once',
  risk: 'safe',
  params: Type.Object(where),
  result: Type.Object({}),
  memo: Type.Object({}),
  receipt: Type.Object({ at: Type.Integer() }),
  settle: { every: '10ms', within: '50ms' },
  check: async () => change('toll', {}),
  async apply({ params: { in: folder, name }, run }) {
    appendFileSync(join(folder, name), `${run.id}\n`);
    return { at: 1 };
  },
  verify: async (_look, _memo, receipt) => (receipt ? satisfied({}) : unknown('it leaves no mark')),
  rollback: async () => kept('a bell cannot be untolled'),
});

/** The steps of the lab, and those that holds and events without proof need. */
export const crashSteps: StepIndex = {
  ...labSteps,
  'pause@1': async () => ({ default: pause }),
  'resume@1': async () => ({ default: resume }),
  'move@1': async () => ({ default: move }),
  'toll@1': async () => ({ default: toll }),
};
