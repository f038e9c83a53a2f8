import { defineStep, PgdbaError, satisfied, Type } from '../../src/step/index.ts';

export default defineStep({
  id: 'provider.check-host',
  version: 1,
  since: '0.1.0',
  summary: 'See that the host has the programs and rights that a cluster needs.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({
    pg_major: Type.Optional(Type.Integer({ minimum: 13, description: 'PostgreSQL major; without it any will do.' })),
  }),
  result: Type.Object({
    pg_major: Type.Integer({ description: 'The wanted major, or the newest one found.' }),
    found: Type.Record(Type.String(), Type.String(), { description: 'Program → version.' }),
  }),

  async check({ params: { pg_major: wanted }, provider }) {
    const { problems, found, pg_majors: majors } = await provider.checkHost(wanted ?? null);
    const newest = Math.max(...majors);
    if (problems.length === 0 && majors.length > 0) return satisfied({ pg_major: wanted ?? newest, found });
    const binaries = problems.filter(({ kind }) => kind === 'binary');
    const hint = problems.map((problem) => problem.hint).join('; ');
    if (binaries.length === problems.length) {
      throw new PgdbaError('BINARY_MISSING', { facts: { missing: problems.map(({ what }) => what) }, hint });
    }
    throw new PgdbaError('RIGHTS_MISSING', { facts: { problem: problems.map(({ what }) => what).join('; ') }, hint });
  },
});
