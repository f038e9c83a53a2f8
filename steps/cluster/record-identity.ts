import { change, defineStep, satisfied, Type, undone, unknown } from '../../src/step/index.ts';

const identity = 'select system_identifier::text as id from pg_catalog.pg_control_system()';

export default defineStep({
  id: 'cluster.record-identity',
  version: 1,
  since: '0.1.0',
  summary: "Record PostgreSQL's own identity: from then on every connection is compared with it.",
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({}),
  result: Type.Object({ system_identifier: Type.String() }),
  memo: Type.Object({ system_identifier: Type.String() }),

  async check(look) {
    const known = await look.cluster();
    if (known.system_identifier !== null) return satisfied({ system_identifier: known.system_identifier });
    const primary = await look.primary();
    const [row] = await primary.sql<{ id: string }>(identity);
    if (!row) return unknown('the primary did not say its identity');
    return change(`record the identity ${row.id}`, { system_identifier: row.id });
  },

  async apply({ inventory, cluster }, { system_identifier }) {
    await inventory.register({ ...(await cluster()), system_identifier });
  },

  async rollback({ inventory, target }) {
    const known = await inventory.read(target.name);
    if (known) await inventory.register({ ...known, system_identifier: null });
    return undone;
  },
});
