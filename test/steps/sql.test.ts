import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localProvider } from '../../src/providers/local/index.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { until } from '../harness/until.ts';
import { openStage, type Stage, Staged } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage('statements', 1);
  await stage.settled();
});
afterAll(() => stage?.remove());

const sql = (params: object) => Staged.of(stage, 'sql@1', params);
const query = async (statement: string, rest: object = {}) =>
  (await Staged.of(stage, 'query@1', { statement, ...rest })).check();

async function done(params: object) {
  const step = await sql(params);
  const memo = await step.memo();
  const receipt = await step.apply(memo);
  return { step, memo, receipt };
}

describe('sql', () => {
  it('binds values, never as text, and answers rows and their number', async () => {
    const hostile = "'); drop table pg_class; --";
    await done({ statement: 'create table notes (id serial, text text)' });
    const { step, memo, receipt } = await done({
      statement: 'insert into notes (text) values ($1), ($2) returning text',
      values: [hostile, null],
    });
    expect(await step.verify(memo, receipt)).toEqual({
      is: 'satisfied',
      result: { rows: [{ text: hostile }, { text: null }], row_count: 2, truncated: false },
    });
  });

  it('proves that a refused statement changed nothing: it ran in a transaction', async () => {
    const { step, memo, receipt } = await done({ statement: 'select 1 / 0' });
    expect(await step.verify(memo, receipt)).toEqual({
      is: 'not-done',
      why: 'the server refused it (22012): division by zero',
    });
    expect(await step.rollback(memo, receipt)).toEqual({ is: 'undone' });
    expect(await query('select 1 as one')).toMatchObject({ result: { rows: [{ one: 1 }] } });
  });

  it('refuses several statements in one text', async () => {
    const { receipt } = await done({ statement: 'select 1; select 2' });
    expect(receipt).toMatchObject({ done: false, sqlstate: '42601' });
  });

  it('says which statements need to run outside a transaction, and runs them there', async () => {
    const inside = await done({ statement: 'vacuum' });
    expect(await inside.step.verify(inside.memo, inside.receipt)).toMatchObject({
      is: 'not-done',
      why: expect.stringContaining('transaction: false'),
    });
    const outside = await done({ statement: 'vacuum', transaction: false });
    expect(await outside.step.verify(outside.memo, outside.receipt)).toMatchObject({ is: 'satisfied' });
  });

  it('is unknown after a crash without done_when', async () => {
    const step = await sql({ statement: 'select 1' });
    expect(await step.verify(await step.memo())).toMatchObject({ is: 'unknown' });
  });

  it('carries the run in its session', async () => {
    const { receipt } = await done({ statement: "select current_setting('application_name') as name" });
    expect(receipt).toMatchObject({ answer: { rows: [{ name: 'pgdba/stage' }] } });
  });

  it.each([true, false])(
    'keeps bound secrets out of its result and of the server log (transaction: %s)',
    async (transaction) => {
      const value = `5ecret-of-${transaction}`;
      const secret = new Secret('env:X', value);
      const kept = await done({ statement: 'select $1::text as text', secret_values: [secret], transaction });
      expect(JSON.stringify(kept.receipt)).toContain(value); // the stage's redactor has never heard of it
      await done({ statement: 'select $1::integer', secret_values: [secret], transaction });
      await done({ statement: `do $$ begin raise warning 'after ${transaction}'; end $$` });
      const [{ name } = { name: '' }] = stage.cluster.members;
      const log = await until('the log of the server', async () => {
        const lines = await localProvider({ home: stage.home }).logs(stage.cluster, name, 1000);
        return lines.some((line) => line.includes(`after ${transaction}`)) ? lines.join('\n') : null;
      });
      expect(log).not.toContain(value);
    },
  );
});

describe('query', () => {
  it('reads in a read-only transaction, and PostgreSQL sees to it', async () => {
    await expect(query('with gone as (delete from pg_class returning 1) select * from gone')).rejects.toMatchObject({
      code: 'SQL_FAILED',
      facts: { sqlstate: '25006' },
    });
  });

  it.each(["copy (select 1) to program 'touch /tmp/x'", 'call p()', '/* select */ do $$ begin end $$', 'set role app'])(
    'refuses what does not begin with a word that reads: %s',
    (statement) => expect(query(statement)).rejects.toMatchObject({ code: 'PARAMS_INVALID' }),
  );

  it('passes over comments and parentheses before the word', async () => {
    expect(await query('-- how many\n/* all */ (select 1 as one)')).toMatchObject({ result: { row_count: 1 } });
  });

  it('keeps so many rows as it is told, and says that there were more', async () => {
    expect(await query('select n from generate_series(1, 50) as n', { rows: 2 })).toMatchObject({
      result: { rows: [{ n: 1 }, { n: 2 }], row_count: 50, truncated: true },
    });
    const large = await query("select repeat('x', 100000) as x from generate_series(1, 10)");
    expect(large).toMatchObject({ result: { row_count: 10, truncated: true } });
    expect(JSON.stringify(large).length).toBeLessThan(300_000);
  });
});
