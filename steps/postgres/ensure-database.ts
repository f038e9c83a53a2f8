import { change, defineStep, kept, quoteIdentifier, satisfied, Type, undone } from '../../src/step/index.ts';
import { unlessExists } from './unless-exists.ts';

export default defineStep({
  id: 'postgres.ensure-database',
  version: 1,
  since: '0.1.0',
  summary: 'Create a database with its owner. One that exists keeps its owner.',
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({
    database: Type.String({ minLength: 1, maxLength: 63 }),
    owner: Type.String({ minLength: 1, maxLength: 63 }),
  }),
  result: Type.Object({ database: Type.String() }),
  memo: Type.Object({}),

  async check(look) {
    const { database, owner } = look.params;
    const primary = await look.primary();
    const found = await primary.sql('select 1 from pg_catalog.pg_database where datname = $1', [database]);
    return found.length > 0 ? satisfied({ database }) : change(`create database ${database} owned by ${owner}`, {});
  },

  async apply(act) {
    const { database, owner } = act.params;
    const primary = await act.primary();
    const statement = `create database ${quoteIdentifier(database)} owner ${quoteIdentifier(owner)}`;
    await primary.execute(statement).catch(unlessExists);
  },

  async rollback(act) {
    const { database } = act.params;
    const primary = await act.primary();
    const found = await primary.sql('select 1 from pg_catalog.pg_database where datname = $1', [database]);
    if (found.length === 0) return undone;
    const [used] = await primary.sql<{ tables: string }>(
      "select count(*) as tables from pg_catalog.pg_class where relkind in ('r', 'p') and relnamespace >= 16384",
      [],
      database,
    );
    if (used && used.tables !== '0') return kept(`${database} holds tables already`);
    await primary.execute(`drop database if exists ${quoteIdentifier(database)} with (force)`);
    return undone;
  },
});
