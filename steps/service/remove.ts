import { change, defineStep, kept, satisfied, Type } from '../../src/step/index.ts';

export default defineStep({
  id: 'service.remove',
  version: 1,
  since: '0.1.0',
  summary: 'Stop a service and remove its files.',
  effect: 'idempotent',
  risk: 'destructive',
  params: Type.Object({ service: Type.String({ description: 'Its name.' }) }),
  result: Type.Object({ name: Type.String() }),
  memo: Type.Object({ bytes: Type.Integer() }),

  async check({ provider, params: { service } }) {
    const { servers } = await provider.inspect();
    const state = servers.find((server) => server.name === service);
    if (!state?.present && !state?.running) return satisfied({ name: service });
    return change(`stop ${service} and remove its files`, { bytes: await provider.diskUsage(service) });
  },

  async apply({ provider, signal, params: { service }, progress }) {
    progress({ note: `removing ${service}` });
    await provider.removeService(service, signal);
  },

  async rollback({ params: { service } }) {
    return kept(`the files of ${service} do not come back`);
  },
});
