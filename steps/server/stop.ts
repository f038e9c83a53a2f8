import { change, defineStep, satisfied, Type, undone } from '../../src/step/index.ts';

export default defineStep({
  id: 'server.stop',
  version: 1,
  since: '0.1.0',
  summary: 'Stop a member or service cleanly; a member takes its PostgreSQL with it.',
  effect: 'idempotent',
  risk: 'disruptive',
  params: Type.Object({ server: Type.String({ description: 'Name of a member or a service.' }) }),
  result: Type.Object({ name: Type.String() }),
  memo: Type.Object({}),

  async check({ provider, params: { server } }) {
    const { servers } = await provider.inspect();
    const state = servers.find((candidate) => candidate.name === server);
    const down = !state || (!state.running && state.postgres_running !== true);
    return down ? satisfied({ name: server }) : change(`stop ${server}`, {});
  },

  async apply({ provider, signal, params: { server }, progress }) {
    progress({ note: `stopping ${server}` });
    await provider.stop(server, signal);
  },

  async rollback({ provider, signal, params: { server } }) {
    await provider.start(server, signal);
    return undone;
  },
});
