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
  'patroni.ensure-slots@1': () => import('./patroni/ensure-slots.ts'),
  'pooler.wait-primary@1': () => import('./pooler/wait-primary.ts'),
  'postgres.ensure-database@1': () => import('./postgres/ensure-database.ts'),
  'postgres.ensure-role@1': () => import('./postgres/ensure-role.ts'),
  'provider.check-host@1': () => import('./provider/check-host.ts'),
  'server.start@1': () => import('./server/start.ts'),
  'server.stop@1': () => import('./server/stop.ts'),
  'service.ensure@1': () => import('./service/ensure.ts'),
  'service.remove@1': () => import('./service/remove.ts'),
};

/** Every built-in probe. */
export const probes: ProbeIndex = {};
