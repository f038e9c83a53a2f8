import {
  change,
  defineStep,
  describe,
  kept,
  type Look,
  type MemberAct,
  type MemberLook,
  notDone,
  PgdbaError,
  pending,
  type Static,
  satisfied,
  Type,
  undone,
  unknown,
} from '../../src/step/index.ts';
import { keptRows } from './rows.ts';
import { firstWords } from './said.ts';

const result = Type.Object({
  rows: Type.Array(Type.Record(Type.String(), Type.Unknown()), { description: 'What it returned, if it was heard.' }),
  row_count: Type.Union([Type.Integer(), Type.Null()], { description: 'Returned or changed; null: nobody heard it.' }),
  truncated: Type.Boolean(),
});

const params = Type.Object({
  statement: Type.String({
    minLength: 1,
    description: 'One statement; $1, $2 … are the values, then the secret ones.',
  }),
  values: Type.Optional(Type.Array(Type.Unknown(), { description: 'Bound, never part of the text.' })),
  secret_values: Type.Optional(Type.Array(Type.Secret(), { description: 'Bound after the values, out of every log.' })),
  member: Type.Optional(Type.Member({ description: 'Default: the one that accepts writes.' })),
  database: Type.Optional(Type.String({ minLength: 1, description: 'Default: postgres.' })),
  rows: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000, description: 'At most so many are kept [1000].' })),
  transaction: Type.Optional(
    Type.Boolean({ description: 'false: for what runs in no transaction (VACUUM, CREATE INDEX CONCURRENTLY) [true].' }),
  ),
  done_when: Type.Optional(
    Type.String({
      description: 'A statement that reads one boolean: true once it is done. True already: nothing is run.',
    }),
  ),
});

/**
 * A statement runs in a transaction, so one that the server refused has changed nothing, and that is proof. One of which
 * nobody heard the end is proved by `done_when` alone. Statements that only read are a task with query@1.
 */
export default defineStep({
  id: 'sql',
  version: 1,
  since: '0.2.0',
  summary: 'Run one SQL statement that changes something.',
  effect: 'once',
  // pgdba cannot know what it does: never without consent, and not for callers who may only do what is safe.
  risk: 'disruptive',
  params,
  result,
  memo: Type.Object({}),
  receipt: Type.Union([
    Type.Object({ done: Type.Literal(true), answer: result }),
    Type.Object({ done: Type.Literal(false), sqlstate: Type.String(), problem: Type.String() }),
  ]),
  settle: { every: '500ms', within: '10s' },
  examples: [
    {
      title: 'Provable',
      with: {
        statement: 'insert into settings (name, value) values ($1, $2)',
        values: ['maintenance', 'on'],
        database: 'app',
        done_when: "select exists (select from settings where name = 'maintenance')",
      },
    },
    {
      title: 'Outside a transaction',
      with: { statement: 'vacuum (analyze) orders', database: 'app', transaction: false },
    },
  ],

  async check(look) {
    const state = await proofOf(look);
    if (state.is === 'done') return satisfied(unheard);
    if (state.is === 'unknown') return unknown(state.why);
    return change(firstWords(look.params.statement.replace(/\s+/g, ' '), 120), {});
  },

  async apply(act) {
    const { statement, values = [], secret_values: secrets = [], rows: most = 1000 } = act.params;
    const member = act.params.member === undefined ? await act.primary() : await act.member(act.params.member);
    const bound = [...values, ...secrets.map((secret) => secret.reveal())];
    try {
      const answer = await quietly(member, act.params, secrets.length > 0, () =>
        member.execute(statement, bound, act.params.database),
      );
      return { done: true as const, answer: { ...keptRows(act, answer.rows, most), row_count: answer.count } };
    } catch (thrown) {
      if (!(thrown instanceof PgdbaError) || thrown.code !== 'SQL_FAILED') throw thrown;
      const { sqlstate, problem } = thrown.facts;
      return { done: false as const, sqlstate: String(sqlstate), problem: act.masked(String(problem)) };
    }
  },

  async verify(look, _memo, receipt) {
    if (receipt?.done === false) return refused(look, receipt);
    const state = await proofOf(look);
    if (state.is === 'done') return satisfied(receipt?.answer ?? unheard);
    if (state.is === 'unknown') return unknown(state.why);
    if (receipt) return state.is === 'silent' ? satisfied(receipt.answer) : pending('done_when is not true yet');
    if (state.is === 'not-done') return notDone('done_when is not true');
    return unknown('nobody heard how the statement ended, and the task has no `done_when`');
  },

  async rollback({ params: { transaction = true } }, _memo, receipt) {
    if (receipt?.done === false && transaction) return undone;
    return kept('a statement that ran cannot be taken back: give the task a `rollback: {uses, with}` of its own');
  },
});

const unheard = { rows: [], row_count: null, truncated: false };

type Params = Static<typeof params>;
type State = { readonly is: 'done' | 'not-done' | 'silent' } | { readonly is: 'unknown'; readonly why: string };

async function proofOf(look: Look<Params>): Promise<State> {
  const { done_when: proof, member, database } = look.params;
  if (proof === undefined) return { is: 'silent' };
  const place: MemberLook = member === undefined ? await look.primary() : await look.member(member);
  const [row] = await place.sql<Record<string, unknown>>(proof, [], database);
  const [value] = Object.values(row ?? {});
  if (typeof value === 'boolean') return { is: value ? 'done' : 'not-done' };
  return { is: 'unknown', why: 'done_when read no boolean' };
}

/** In a transaction unless that is refused. With secrets bound, the server's own log is told to be quiet about them. */
async function quietly<T>(member: MemberAct, order: Params, secret: boolean, work: () => Promise<T>): Promise<T> {
  const { transaction = true, database } = order;
  const say = (statement: string) => member.execute(statement, [], database);
  if (transaction) await say('begin');
  try {
    if (secret) await say(quiet(transaction));
    const answer = await work();
    if (transaction) await say('commit');
    return answer;
  } catch (thrown) {
    // A broken connection has ended its transaction by itself.
    if (transaction) await say('rollback').catch(() => undefined);
    throw thrown;
  } finally {
    if (secret && !transaction) await say('reset all').catch(() => undefined);
  }
}

/** Nothing about the statement is logged, neither by success nor by failure nor by duration. */
function quiet(local: boolean): string {
  const settings = {
    log_statement: 'none',
    log_min_duration_statement: '-1',
    log_min_duration_sample: '-1',
    log_transaction_sample_rate: '0',
    log_min_error_statement: 'panic',
    log_min_messages: 'panic',
  };
  const calls = Object.entries(settings).map(
    ([name, value]) => `pg_catalog.set_config('${name}', '${value}', ${local})`,
  );
  return `select ${calls.join(', ')}`;
}

function refused(look: Look<Params>, { sqlstate, problem }: { sqlstate: string; problem: string }) {
  const { transaction = true, database = 'postgres' } = look.params;
  // 25001: it runs in no transaction at all
  const hint = sqlstate === '25001' ? '; add `transaction: false`' : '';
  if (transaction) return notDone(`the server refused it (${sqlstate}): ${problem}${hint}`);
  throw new PgdbaError('SQL_FAILED', {
    facts: { server: `database ${database}`, sqlstate, problem: describe(problem), task: look.run.task },
    hint: 'put that right',
  });
}
