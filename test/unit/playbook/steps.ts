import {
  change,
  defineProbe,
  defineStep,
  type GuardOrder,
  kept,
  notDone,
  satisfied,
  Type,
  undone,
} from '../../../src/step/index.ts';
import { Registry } from '../../../src/step/registry.ts';

const described = { version: 1, since: '0.1.0', summary: 'For tests.' } as const;
const lag = Type.Union([Type.Integer(), Type.Null()]);

const topology = defineStep({
  ...described,
  id: 'test.read-topology',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({}),
  result: Type.Object({
    primary: Type.String(),
    paused: Type.Boolean(),
    load: Type.Number(),
    sync: Type.Optional(Type.String()),
    witness: Type.Union([Type.String(), Type.Null()]),
    labels: Type.Record(Type.String(), Type.String()),
    members: Type.Array(Type.Object({ name: Type.String(), role: Type.String(), lag })),
  }),
  check: async () => satisfied({ primary: 'a', paused: false, load: 1, witness: null, labels: {}, members: [] }),
});

const choose = defineStep({
  ...described,
  id: 'test.choose',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({
    candidate: Type.Optional(Type.Member({ description: 'Standby to promote.' })),
    max_lag: Type.Bytes({ description: 'Most bytes behind.' }),
  }),
  result: Type.Object({ member: Type.String(), lag: Type.Integer() }),
  check: async () => satisfied({ member: 'b', lag: 0 }),
});

const assert = defineStep({
  ...described,
  id: 'assert',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({
    that: Type.Array(Type.Object({ expr: Type.Expression(), fail: Type.String() }), { minItems: 1 }),
  }),
  result: Type.Object({}),
  check: async () => satisfied({}),
});

const ensure = defineStep({
  ...described,
  id: 'test.ensure',
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({
    member: Type.Member({ description: 'Where.' }),
    name: Type.String({ description: 'What it is called.' }),
    size: Type.Optional(Type.Bytes()),
    within: Type.Optional(Type.Duration()),
    until: Type.Optional(Type.Timestamp()),
    after: Type.Optional(Type.Lsn()),
    password: Type.Optional(Type.Secret()),
    count: Type.Optional(Type.Integer({ minimum: 1 })),
    ratio: Type.Optional(Type.Number()),
    mode: Type.Optional(Type.Union([Type.Literal('fast'), Type.Literal('slow')])),
    tags: Type.Optional(Type.Array(Type.String())),
    labels: Type.Optional(Type.Record(Type.String(), Type.String())),
    source: Type.Optional(Type.Union([Type.String(), Type.Object({ path: Type.String(), limit: Type.Bytes() })])),
    comment: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  }),
  result: Type.Object({ created: Type.Boolean() }),
  memo: Type.Object({ before: Type.String() }),
  check: async () => change('make it', { before: '' }),
  apply: async () => {},
  rollback: async () => undone,
});

const move = defineStep({
  ...described,
  id: 'test.move',
  effect: 'once',
  risk: 'disruptive',
  params: Type.Object({ from: Type.Member(), to: Type.Member() }),
  result: Type.Object({ leader: Type.String() }),
  memo: Type.Object({ at: Type.String() }),
  receipt: Type.Object({ status: Type.Integer() }),
  check: async () => change('move', { at: '' }),
  apply: async () => ({ status: 200 }),
  verify: async () => notDone('still there'),
  rollback: async () => kept('it stays'),
});

const hold = defineStep({
  ...described,
  id: 'test.hold',
  effect: 'hold',
  risk: 'disruptive',
  params: Type.Object({ within: Type.Duration() }),
  result: Type.Object({}),
  memo: Type.Object({}),
  guardOrder: (): GuardOrder => ({ kind: 'pooler-resume', poolers: [], within_ms: 10 }),
  check: async () => change('hold', {}),
  apply: async () => {},
  rollback: async () => undone,
});

export const steps = { topology, choose, assert, ensure, move, hold };

const probe = defineProbe({
  id: 'test.probe',
  version: 1,
  since: '0.1.0',
  summary: 'Watch.',
  writes: true,
  params: Type.Object({}),
  result: Type.Object({ longest_gap_ms: Type.Integer() }),
  run: async () => ({ longest_gap_ms: 0 }),
});

/** A registry of small steps, one of each effect. */
export function testRegistry(): Registry {
  const entries = Object.values(steps).map((step) => [`${step.id}@${step.version}`, async () => ({ default: step })]);
  return new Registry(Object.fromEntries(entries), { 'test.probe@1': async () => ({ default: probe }) });
}
