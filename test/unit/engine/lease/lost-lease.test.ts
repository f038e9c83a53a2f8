import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leasePaths } from '../../../../src/engine/lease/lease-paths.ts';
import { listLeases } from '../../../../src/engine/lease/list-leases.ts';
import { stealLease } from '../../../../src/engine/lease/steal-lease.ts';
import { backdateLease } from '../../../harness/backdate-lease.ts';
import { EngineLab } from '../../../harness/engine-lab.ts';
import { type ScratchHome, scratchHome } from '../../../harness/scratch-home.ts';
import { unreachableCluster } from '../../../harness/unreachable-cluster.ts';

const ensure = (id: string) => `  - { id: ${id}, uses: ensure@1, with: { in: "WORLD", name: ${id} } }\n`;

let home: ScratchHome;
let lab: EngineLab;
beforeEach(async () => {
  home = await scratchHome();
  lab = new EngineLab(home.path);
  await lab.parts.inventory.register(unreachableCluster('demo', '7301'));
});
afterEach(() => home.remove());

/** An operator takes the cluster away after task a; the run knows nothing of it. */
function stolenFrom() {
  return lab.run(`tasks:\n${ensure('a')}${ensure('b')}`, {
    cluster: 'demo',
    onRecord: ({ type, task }) => {
      if (type !== 'task.result' || task !== 'a') return;
      for (const directory of ['7301', 'demo']) {
        const paths = leasePaths(lab.home, directory, ['topology']);
        for (const { path } of paths) backdateLease(path);
        stealLease({ cluster: 'demo', paths, by: 'alice', reason: 'it hangs' });
      }
    },
  });
}

describe('a run whose cluster was taken away in its middle', () => {
  it('does nothing more, undoing included: the cluster is somebody else’s', async () => {
    const { id, error } = await stolenFrom();
    expect(error).toMatchObject({ code: 'LEASE_LOST', facts: { cluster: 'demo', holder: 'nobody' } });
    expect(lab.deeds()).toEqual(['apply a']);
    expect(listLeases(lab.home).map(({ state }) => state)).toEqual(['stolen', 'stolen']);
    const lost = (await lab.records(id)).filter(({ type }) => type === 'lease.lost');
    expect(lost.map(({ data }) => data)).toEqual([{ keys: ['topology'], holder: 'nobody' }]);
  });

  it('can be finished by a resume, which journals from whom it has the cluster back', async () => {
    const { id, status } = await stolenFrom();
    expect(status).toBe('interrupted');
    expect(await lab.resume(id ?? '')).toMatchObject({ status: 'succeeded' });
    const stolen = (await lab.records(id)).filter(({ type }) => type === 'lease.stolen');
    expect(stolen.map(({ data }) => data)).toMatchObject([
      { keys: ['7301/topology', 'demo/topology'], from: id, why: 'alice took it away: it hangs' },
    ]);
    expect(lab.deeds()).toEqual(['apply a', 'apply b']);
  });
});
