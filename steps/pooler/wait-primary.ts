import { defineStep, pending, satisfied, Type } from '../../src/step/index.ts';

export default defineStep({
  id: 'pooler.wait-primary',
  version: 1,
  since: '0.1.0',
  summary: 'Wait until every pooler leads to the member that accepts writes, asked through the pool itself.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({ database: Type.String({ description: 'A database that role app may enter.' }) }),
  result: Type.Object({
    primary: Type.String(),
    poolers: Type.Array(Type.Object({ name: Type.String(), host: Type.String(), port: Type.Integer() })),
  }),
  settle: { every: '500ms', within: '30s' },

  async check(look) {
    const primary = await look.primary();
    const poolers = await look.poolers();
    for (const pooler of poolers) {
      try {
        const [row] = await pooler.sql<{ port: number; recovering: boolean }>(
          'select pg_catalog.inet_server_port() as port, pg_catalog.pg_is_in_recovery() as recovering',
          [],
          look.params.database,
        );
        if (row?.port !== primary.port)
          return pending(`${pooler.name} leads to port ${row?.port}, not to ${primary.name}`);
        if (row.recovering) return pending(`${pooler.name} leads to a standby`);
      } catch (thrown) {
        return pending(`${pooler.name}: ${thrown instanceof Error ? thrown.message : thrown}`);
      }
    }
    return satisfied({ primary: primary.name, poolers: poolers.map(({ name, host, port }) => ({ name, host, port })) });
  },
});
