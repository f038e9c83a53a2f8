import { parseDuration } from '../formats/duration.ts';
import { Type } from '../step/type.ts';

const day = '24h';

/** How long an approval waits unless its `timeout` says otherwise: integer milliseconds. */
export const approveTimeout = parseDuration(day);

export const approveParams = Type.Object(
  {
    question: Type.String({ minLength: 1, description: 'What is to be approved, in one sentence.' }),
    details: Type.Optional(Type.String({ description: 'What the approver should know.' })),
    form: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'What the approver fills in: declared like the inputs of a playbook.',
      }),
    ),
    timeout: Type.Optional(Type.Duration({ description: `How long it waits for an answer [${day}].` })),
  },
  { additionalProperties: false },
);

export const approveResult = Type.Object({
  by: Type.String({ description: 'Who approved.' }),
  at: Type.String({ description: 'When, in UTC.' }),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'Why, in their words.' }),
  form: Type.Record(Type.String(), Type.Unknown(), { description: 'What they filled in, by name.' }),
});

/** The engine's own: it parks the run until somebody answers. Not a step, but shown and given parameters like one. */
export const approve = Object.freeze({
  id: 'approve',
  version: 1,
  since: '0.2.0',
  summary: 'Wait until somebody approves; rejected or out of time, the task fails.',
  effect: 'none',
  /** A read-only run has no journal to wait in. */
  risk: 'safe',
  params: approveParams,
  result: approveResult,
  examples: [{ title: 'A question', with: { question: 'Hand the primary role to b?', timeout: '2h' } }],
});

/** What a task says to use it. */
export const approveUses = `${approve.id}@${approve.version}`;
