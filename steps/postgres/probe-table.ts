import { type Look, PgdbaError, Type } from '../../src/step/index.ts';

/** Where proofs and probes write: small rows, each with its run, so that it can be told whose they are. */
export const probeTable = 'pgdba.probe';

export const probePlace = {
  database: Type.Optional(Type.String({ minLength: 1, maxLength: 63, description: 'That applications use [app].' })),
};

export const insertProbe = `insert into ${probeTable} (run, id) values ($1, $2) on conflict do nothing`;

/** The ids of a run's rows that the primary has. Errors: NO_PRIMARY, SQL_FAILED, PROBE_MISSING. */
export async function readProbes(look: Look, run: string, database: string): Promise<ReadonlySet<number>> {
  const primary = await look.primary();
  const [table] = await primary.sql<{ there: boolean }>(
    'select pg_catalog.to_regclass($1) is not null as there',
    [probeTable],
    database,
  );
  if (table?.there !== true) {
    throw new PgdbaError('PROBE_MISSING', {
      facts: { table: probeTable, database },
      hint: 'a task with postgres.ensure-probe-table@1 has to come before',
    });
  }
  const rows = await primary.sql<{ id: number }>(`select id from ${probeTable} where run = $1`, [run], database);
  return new Set(rows.map(({ id }) => Number(id)));
}
