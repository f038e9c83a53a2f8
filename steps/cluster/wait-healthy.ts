import { defineStep, PgdbaError, pending, satisfied, Type } from '../../src/step/index.ts';

export default defineStep({
  id: 'cluster.wait-healthy',
  version: 1,
  since: '0.1.0',
  summary: 'Wait until one member accepts writes and all others stream from it, asked of each by Patroni and by SQL.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({}),
  result: Type.Object({
    primary: Type.String(),
    timeline: Type.Union([Type.Integer(), Type.Null()]),
    members: Type.Array(
      Type.Object({ name: Type.String(), role: Type.String(), host: Type.String(), port: Type.Integer() }),
    ),
  }),
  settle: { every: '250ms' },

  async check(look) {
    const { healthy, primary, reasons, members } = await look.topology();
    if (healthy && primary !== null) {
      const timeline = members.find((member) => member.name === primary)?.timeline ?? null;
      return satisfied({
        primary,
        timeline,
        members: members.map(({ name, role, host, port }) => ({ name, role, host, port })),
      });
    }
    // A member whose Patroni ended will not come back by waiting.
    const { servers } = await look.provider.inspect();
    const dead = servers.find(({ made, running }) => made && !running);
    if (!dead) return pending(reasons.join('; '));
    const lines = await look.provider.logs(dead.name, 5);
    throw new PgdbaError('SERVER_START_FAILED', {
      facts: { server: dead.name, problem: 'it ended by itself', log: lines },
      hint: `mend what its log says, then: pgdba cluster start --name ${look.target.name}`,
    });
  },
});
