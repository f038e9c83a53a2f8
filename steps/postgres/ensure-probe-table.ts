import {
  change,
  defineStep,
  kept,
  quoteIdentifier,
  quoteLiteral,
  satisfied,
  Type,
  undone,
} from '../../src/step/index.ts';
import { probePlace, probeTable } from './probe-table.ts';

export default defineStep({
  id: 'postgres.ensure-probe-table',
  version: 1,
  since: '0.2.0',
  summary: 'Make table pgdba.probe, into which probes and proofs write through the pooler.',
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({
    ...probePlace,
    role: Type.Optional(Type.String({ minLength: 1, maxLength: 63, description: 'Who owns and writes it [app].' })),
  }),
  result: Type.Object({ table: Type.String() }),
  memo: Type.Object({ schema_is_new: Type.Boolean() }),

  async check(look) {
    const { database = 'app', role = 'app' } = look.params;
    const primary = await look.primary();
    const [found] = await primary.sql<{ schema: boolean; writable: boolean }>(
      `select pg_catalog.to_regnamespace('pgdba') is not null as schema,
              coalesce(pg_catalog.has_table_privilege($2, pg_catalog.to_regclass($1), 'insert, delete'), false)
                and coalesce(pg_catalog.has_schema_privilege($2, pg_catalog.to_regnamespace('pgdba'), 'usage'), false)
                as writable`,
      [probeTable, role],
      database,
    );
    if (found?.writable === true) return satisfied({ table: probeTable });
    return change(
      `make table ${probeTable} in ${database}, owned by ${role}`,
      { schema_is_new: found?.schema !== true },
      { predicted: { table: probeTable } },
    );
  },

  // One statement, so that nobody ever meets half of it.
  async apply(act) {
    const { database = 'app', role = 'app' } = act.params;
    const owner = quoteIdentifier(role);
    const primary = await act.primary();
    const body = `begin
      create schema if not exists pgdba authorization ${owner};
      grant usage on schema pgdba to ${owner};
      create table if not exists ${probeTable} (
        run text not null,
        id bigint not null,
        at timestamptz not null default clock_timestamp(),
        primary key (run, id)
      );
      alter table ${probeTable} owner to ${owner};
    end`;
    await primary.execute(`do ${quoteLiteral(body)}`, [], database);
  },

  async rollback(act, memo) {
    const { database = 'app' } = act.params;
    const primary = await act.primary();
    const [left] = await primary.sql<{ others: number }>(
      `select (select count(*)::pg_catalog.int4 from pg_catalog.pg_class
                where relnamespace = pg_catalog.to_regnamespace('pgdba') and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
                  and relname <> 'probe') as others`,
      [],
      database,
    );
    if (!memo.schema_is_new || (left?.others ?? 0) > 0) return kept('schema pgdba was there before');
    await primary.execute(
      `do ${quoteLiteral(`begin drop table if exists ${probeTable}; drop schema if exists pgdba; end`)}`,
      [],
      database,
    );
    return undone;
  },
});
