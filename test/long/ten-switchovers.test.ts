import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/inventory/cluster.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { pgdba } from '../harness/cli.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { primaryOf, Writer } from '../integration/switchover-writer.ts';

describe('ten switchovers in a row', () => {
  let home: ScratchHome;
  let cluster: Cluster;

  beforeAll(async () => {
    home = await scratchHome();
    await pgdba(home.path, 'cluster', 'init', '--provider', 'local', '--name', 'rounds');
    const found = await new Inventory(home.path).read('rounds');
    if (!found) throw new Error('the cluster is not in the inventory');
    cluster = found;
  });
  afterAll(async () => {
    await pgdba(home.path, 'cluster', 'destroy', '--name', 'rounds', '--confirm');
    await home.remove();
  });

  it('each begins when the last has ended, and the application sees none of them fail', async () => {
    const writer = await Writer.start(cluster);
    for (let round = 0; round < 10; round += 1) {
      const { envelope, exit } = await pgdba(home.path, 'switchover', '--name', 'rounds', '--yes');
      expect([envelope.error, exit]).toEqual([undefined, 0]);
      expect(envelope.data).toMatchObject({ failed_transactions: 0, lost_transactions: 0, timeline: round + 2 });
      expect(await primaryOf(cluster)).toBe(envelope.data.to);
    }
    const { lost } = await writer.stop();
    expect([writer.failures, lost]).toEqual([[], []]);
  });
});
