import { change, defineStep, kept, satisfied, Type, undone } from '../../src/step/index.ts';

export default defineStep({
  id: 'member.ensure',
  version: 1,
  since: '0.1.0',
  summary: 'Make a member if it is missing and start it if it is down. Does not wait for PostgreSQL.',
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({ member: Type.Member({ description: 'Its name.' }) }),
  result: Type.Object({ name: Type.String() }),
  memo: Type.Object({ made: Type.Boolean({ description: 'It was there before.' }), running: Type.Boolean() }),

  async check({ provider, params: { member } }) {
    const { servers } = await provider.inspect();
    const state = servers.find((server) => server.name === member);
    const [made, running] = [state?.made ?? false, state?.running ?? false];
    if (made && running) return satisfied({ name: member });
    return change(made ? `start ${member}` : `make and start ${member}`, { made, running });
  },

  async apply({ provider, signal, params: { member }, progress }) {
    progress({ note: `starting ${member}` });
    await provider.ensureMember(member, signal);
  },

  async rollback({ provider, signal, params: { member } }, { made, running }) {
    if (running) return kept(`${member} was running before`);
    if (made) await provider.stop(member, signal);
    else await provider.removeMember(member, signal);
    return undone;
  },
});
