import { change, defineStep, kept, satisfied, Type, undone } from '../../src/step/index.ts';

export default defineStep({
  id: 'service.ensure',
  version: 1,
  since: '0.1.0',
  summary: 'Make a service (etcd, pooler) if it is missing, start it if it is down, and wait until it answers.',
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({ service: Type.String({ description: 'Its name.' }) }),
  result: Type.Object({ name: Type.String() }),
  memo: Type.Object({ made: Type.Boolean({ description: 'It was there before.' }), running: Type.Boolean() }),

  async check({ provider, params: { service } }) {
    const { servers } = await provider.inspect();
    const state = servers.find((server) => server.name === service);
    const [made, running] = [state?.made ?? false, state?.running ?? false];
    if (made && running) return satisfied({ name: service });
    return change(made ? `start ${service}` : `make and start ${service}`, { made, running });
  },

  async apply({ provider, signal, params: { service }, progress }) {
    progress({ note: `starting ${service}` });
    await provider.ensureService(service, signal);
  },

  async rollback({ provider, signal, params: { service } }, { made, running }) {
    if (running) return kept(`${service} was running before`);
    if (made) await provider.stop(service, signal);
    else await provider.removeService(service, signal);
    return undone;
  },
});
