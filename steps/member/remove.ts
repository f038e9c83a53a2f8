import { change, defineStep, kept, satisfied, Type } from '../../src/step/index.ts';

export default defineStep({
  id: 'member.remove',
  version: 1,
  since: '0.1.0',
  summary: 'Stop a member and remove its data.',
  effect: 'idempotent',
  risk: 'destructive',
  params: Type.Object({ member: Type.Member({ description: 'Its name.' }) }),
  result: Type.Object({ name: Type.String() }),
  memo: Type.Object({ bytes: Type.Integer() }),

  async check({ provider, params: { member } }) {
    const { servers } = await provider.inspect();
    const state = servers.find((server) => server.name === member);
    if (!state?.present && !state?.running) return satisfied({ name: member });
    return change(`stop ${member} and remove its data`, { bytes: await provider.diskUsage(member) });
  },

  async apply({ provider, signal, params: { member }, progress }) {
    progress({ note: `removing ${member}` });
    await provider.removeMember(member, signal);
  },

  async rollback({ params: { member } }) {
    return kept(`the data of ${member} does not come back`);
  },
});
