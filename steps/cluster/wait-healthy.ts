import { defineStep, pending, satisfied, Type } from '../../src/step/index.ts';
import { refuseHopeless } from './refuse-hopeless.ts';

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
    await refuseHopeless(look, { all: true });
    return pending(reasons.join('; '));
  },
});
