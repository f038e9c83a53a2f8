import { change, defineStep, PgdbaError, satisfied, Type, undone } from '../../src/step/index.ts';

export default defineStep({
  id: 'server.start',
  version: 1,
  since: '0.1.0',
  summary: 'Start a member or service that exists, and wait until it answers.',
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({ server: Type.String({ description: 'Name of a member or a service.' }) }),
  result: Type.Object({ name: Type.String() }),
  memo: Type.Object({}),

  async check({ provider, target, params: { server } }) {
    const { servers } = await provider.inspect();
    const state = servers.find((candidate) => candidate.name === server);
    if (!state?.made) {
      throw new PgdbaError('SERVER_START_FAILED', {
        facts: { server, problem: 'its files are missing' },
        hint: `make it again: pgdba cluster init --provider ${target.provider} --name ${target.name}`,
      });
    }
    return state.running ? satisfied({ name: server }) : change(`start ${server}`, {});
  },

  async apply({ provider, signal, params: { server }, progress }) {
    progress({ note: `starting ${server}` });
    await provider.start(server, signal);
  },

  async rollback({ provider, signal, params: { server } }) {
    await provider.stop(server, signal);
    return undone;
  },
});
