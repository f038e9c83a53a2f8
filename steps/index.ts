import type { ProbeIndex, StepIndex } from '../src/step/registry.ts';

/** Every built-in step, by `id@major`, in the order of the alphabet. A step's file is loaded when it is used. */
export const steps: StepIndex = {
  'assert@1': () => import('./core/assert.ts'),
  'cluster.check-removable@1': () => import('./cluster/check-removable.ts'),
  'cluster.forget@1': () => import('./cluster/forget.ts'),
  'cluster.inspect@1': () => import('./cluster/inspect.ts'),
  'cluster.plan-start@1': () => import('./cluster/plan-start.ts'),
  'cluster.read-status@1': () => import('./cluster/read-status.ts'),
  'cluster.record-identity@1': () => import('./cluster/record-identity.ts'),
  'cluster.register@1': () => import('./cluster/register.ts'),
  'cluster.wait-healthy@1': () => import('./cluster/wait-healthy.ts'),
  'cluster.wait-primary@1': () => import('./cluster/wait-primary.ts'),
  'member.ensure@1': () => import('./member/ensure.ts'),
  'member.remove@1': () => import('./member/remove.ts'),
  'patroni.check-reach@1': () => import('./patroni/check-reach.ts'),
  'patroni.choose-candidate@1': () => import('./patroni/choose-candidate.ts'),
  'patroni.ensure-slots@1': () => import('./patroni/ensure-slots.ts'),
  'patroni.prove-rest@1': () => import('./patroni/prove-rest.ts'),
  'patroni.read-topology@1': () => import('./patroni/read-topology.ts'),
  'patroni.switchover@1': () => import('./patroni/switchover.ts'),
  'pgbouncer.check-pools@1': () => import('./pgbouncer/check-pools.ts'),
  'pgbouncer.pause@1': () => import('./pgbouncer/pause.ts'),
  'pgbouncer.point-and-resume@1': () => import('./pgbouncer/point-and-resume.ts'),
  'pooler.wait-primary@1': () => import('./pooler/wait-primary.ts'),
  'postgres.check-handover@1': () => import('./postgres/check-handover.ts'),
  'postgres.check-parity@1': () => import('./postgres/check-parity.ts'),
  'postgres.checkpoint@1': () => import('./postgres/checkpoint.ts'),
  'postgres.ensure-database@1': () => import('./postgres/ensure-database.ts'),
  'postgres.ensure-probe-table@1': () => import('./postgres/ensure-probe-table.ts'),
  'postgres.ensure-role@1': () => import('./postgres/ensure-role.ts'),
  'postgres.prove-writable@1': () => import('./postgres/prove-writable.ts'),
  'postgres.wait-streaming@1': () => import('./postgres/wait-streaming.ts'),
  'provider.check-host@1': () => import('./provider/check-host.ts'),
  'server.start@1': () => import('./server/start.ts'),
  'server.stop@1': () => import('./server/stop.ts'),
  'service.ensure@1': () => import('./service/ensure.ts'),
  'service.remove@1': () => import('./service/remove.ts'),
};

/** Every built-in probe. */
export const probes: ProbeIndex = {
  'postgres.probe-writes@1': () => import('./postgres/probe-writes.ts'),
};
