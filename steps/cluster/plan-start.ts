import { defineStep, lsnDiff, satisfied, Type } from '../../src/step/index.ts';

export default defineStep({
  id: 'cluster.plan-start',
  version: 1,
  since: '0.1.0',
  summary: 'Find the member that has to start first, so that no other one becomes primary with less data.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({}),
  result: Type.Object({
    first: Type.String({
      description: 'The member with the newest timeline, the last primary, the latest checkpoint.',
    }),
    others: Type.Array(Type.String()),
  }),

  // Patroni promotes whoever asks first and lags less than maximum_lag_on_failover (1 MiB) behind what the DCS
  // remembers (Patroni 3.0–4.1, ha.py is_lagging): a standby that is started before the old primary may win with less.
  async check({ cluster, provider }) {
    const { members } = await cluster();
    const known = await Promise.all(
      members.map(async ({ name }) => ({ name, data: await provider.controlData(name) })),
    );
    const ranked = known.sort((a, b) => {
      if (!a.data || !b.data) return Number(b.data !== null) - Number(a.data !== null);
      const wasPrimary = ({ state }: { state: string }) =>
        Number(/^(in production|shut down|shutting down)$/.test(state));
      return (
        b.data.timeline - a.data.timeline ||
        wasPrimary(b.data) - wasPrimary(a.data) ||
        Number(lsnDiff(b.data.checkpoint_lsn, a.data.checkpoint_lsn))
      );
    });
    const [first = '', ...others] = ranked.map(({ name }) => name);
    return satisfied({ first, others });
  },
});
