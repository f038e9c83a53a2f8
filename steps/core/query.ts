import { defineStep, PgdbaError, satisfied, Type } from '../../src/step/index.ts';
import { keptRows } from './rows.ts';

/** What may stand at the beginning of a statement that reads. COPY is not among them: it can start programs. */
const reading = /^(select|with|values|table|show|explain)\b/i;

/**
 * Reading has a step of its own, because an observer may stand among the prechecks, be asked again at every resume, and
 * run in `--check`; `sql` may not. PostgreSQL enforces it: one statement in a READ ONLY transaction. What acts outside
 * of transactions (pg_terminate_backend and the like) PostgreSQL lets a superuser call even there: so does this step.
 */
export default defineStep({
  id: 'query',
  version: 1,
  since: '0.2.0',
  summary: 'Read rows with one SQL statement in a read-only transaction.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({
    statement: Type.String({
      minLength: 1,
      description: 'SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN; $1 … are values.',
    }),
    values: Type.Optional(Type.Array(Type.Unknown(), { description: 'Bound, never part of the text.' })),
    member: Type.Optional(Type.Member({ description: 'Default: the one that accepts writes.' })),
    database: Type.Optional(Type.String({ minLength: 1, description: 'Default: postgres.' })),
    rows: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000, description: 'At most so many are kept [1000].' })),
  }),
  result: Type.Object({
    rows: Type.Array(Type.Record(Type.String(), Type.Unknown())),
    row_count: Type.Integer(),
    truncated: Type.Boolean({ description: 'There were more rows, or more than 256 KiB.' }),
  }),
  examples: [
    { title: 'One number', with: { statement: 'select count(*)::int as clients from pg_stat_activity' } },
    {
      title: 'Of one database',
      with: { statement: 'select * from orders where id = $1', values: [7], database: 'app' },
    },
  ],

  async check(look) {
    const { statement, values = [], database = 'postgres', rows: most = 1000 } = look.params;
    if (!reading.test(withoutComments(statement))) {
      throw new PgdbaError('PARAMS_INVALID', {
        facts: { step: 'query@1', problem: 'the statement does not begin with a word that reads' },
        hint: 'what changes something is a task with sql@1',
      });
    }
    const member = look.params.member === undefined ? await look.primary() : await look.member(look.params.member);
    const rows = await member.sql<Record<string, unknown>>(statement, values, database);
    return satisfied({ ...keptRows(look, rows, most), row_count: rows.length });
  },
});

function withoutComments(statement: string): string {
  return statement.replace(/^(\s|\(|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)+/, '');
}
