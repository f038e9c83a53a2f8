import { defineStep, PgdbaError, pending, satisfied, Type } from '../../src/step/index.ts';
import { refuseHopeless } from './refuse-hopeless.ts';

export default defineStep({
  id: 'cluster.wait-primary',
  version: 1,
  since: '0.1.0',
  summary: 'Wait until one member accepts writes, asked by SQL.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({}),
  result: Type.Object({ primary: Type.String() }),
  settle: { every: '100ms' },

  async check(look) {
    try {
      return satisfied({ primary: (await look.primary()).name });
    } catch (thrown) {
      if (!(thrown instanceof PgdbaError) || thrown.code !== 'NO_PRIMARY') throw thrown;
    }
    await refuseHopeless(look, { all: false });
    const { reasons } = await look.topology();
    return pending(reasons.join('; ') || 'no member accepts writes yet');
  },
});
