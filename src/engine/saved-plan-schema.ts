import { type Static, Type } from '../step/type.ts';

const textOrNull = Type.Union([Type.String(), Type.Null()]);
const word = <T extends string>(...words: T[]) => Type.Union(words.map((each) => Type.Literal(each)));

const task = Type.Object({
  id: Type.String({ description: 'In a child run `task/…`.' }),
  item: textOrNull,
  part: word('precheck', 'task', 'finally'),
  block: textOrNull,
  branch: Type.Union([Type.Integer(), Type.Null()]),
  uses: Type.String(),
  is: word('ok', 'change', 'skip', 'ask', 'unknown', 'cannot-check'),
  summary: Type.String(),
  diff: textOrNull,
  with: Type.Unknown({ description: 'Of a change: its parameters, secrets by reference.' }),
  predicted: Type.Unknown({ description: 'Of a change: its result, as far as the step can say.' }),
  not_tried: textOrNull,
  undo: word('yes', 'kept', 'none'),
  pivot: Type.Boolean(),
  hold: Type.Boolean(),
  held_until: textOrNull,
  retries: Type.Integer(),
  overridden: textOrNull,
});

const probe = Type.Object({
  id: Type.String(),
  uses: Type.String(),
  from: Type.String(),
  until: Type.String(),
  writes: Type.Boolean(),
  must: textOrNull,
});

const named = { name: Type.String(), version: Type.String(), sha256: Type.String() };

/** The file that `--check --out FILE` writes and `--plan FILE` carries out. */
export const savedPlanSchema = Type.Object(
  {
    apiVersion: Type.Literal('pgdba/v1'),
    kind: Type.Literal('Plan'),
    pgdba: Type.String({ description: 'Version that made it; another major version does not carry it out.' }),
    playbook: Type.Object({
      ...named,
      from: Type.String({ description: 'Name of a shipped playbook, or the absolute path of the file.' }),
      children: Type.Array(Type.Object(named), { description: 'The playbooks of its child runs, and theirs.' }),
    }),
    inputs: Type.Record(Type.String(), Type.Unknown()),
    overrides: Type.Record(Type.String(), Type.String(), { description: 'Precheck → why it does not count.' }),
    cluster: textOrNull,
    provider: Type.String(),
    target: Type.Unknown({ description: 'As expressions see it.' }),
    stands: Type.Union([Type.Object({ system_identifier: Type.String(), timeline: Type.Integer() }), Type.Null()]),
    risk: word('read-only', 'safe', 'disruptive', 'destructive'),
    changes: Type.Integer(),
    tasks: Type.Array(task),
    probes: Type.Array(probe),
    made_at: Type.String(),
    actor: Type.String(),
    hash: Type.String({ description: 'sha256 of everything but itself, made_at and actor, as canonical JSON.' }),
  },
  { additionalProperties: false },
);

export type SavedPlan = Static<typeof savedPlanSchema>;
