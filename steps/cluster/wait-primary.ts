import { defineStep, PgdbaError, pending, satisfied, Type } from '../../src/step/index.ts';

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
    // When no member runs any more, none will come back by waiting.
    const { servers } = await look.provider.inspect();
    const members = servers.filter(({ kind, made }) => kind === 'member' && made);
    const [dead] = members;
    if (!dead || members.some(({ running }) => running)) return pending('no member accepts writes yet');
    throw new PgdbaError('SERVER_START_FAILED', {
      facts: { server: dead.name, problem: 'it ended by itself', log: await look.provider.logs(dead.name, 5) },
      hint: `mend what its log says, then: pgdba cluster start --name ${look.target.name}`,
    });
  },
});
