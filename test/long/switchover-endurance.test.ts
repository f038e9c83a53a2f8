import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Cluster } from '../../src/inventory/cluster.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { pgdba, startPgdba } from '../harness/cli.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { until } from '../harness/until.ts';
import { Writer } from '../integration/switchover-writer.ts';

const kills = 20;
const rounds = 10;

describe('switchovers, again and again, under a writer', () => {
  let home: ScratchHome;
  let cluster: Cluster;
  const cli = (...argv: string[]) => pgdba(home.path, ...argv);
  const healthy = () =>
    until(
      'a healthy cluster',
      async () => (await cli('cluster', 'status', '--name', 'long')).envelope.data.healthy === true,
      90_000,
    );

  beforeAll(async () => {
    home = await scratchHome();
    const made = await cli('cluster', 'init', '--provider', 'local', '--name', 'long');
    expect(made.exit).toBe(0);
    const found = await new Inventory(home.path).read('long');
    if (!found) throw new Error('the cluster is not in the inventory');
    cluster = found;
  });
  afterAll(async () => {
    await cli('cluster', 'destroy', '--name', 'long', '--confirm');
    await home.remove();
  });

  /** Ends with the test, however the test ends. */
  const write = async () => {
    const writer = await Writer.start(cluster);
    onTestFinished(async () => {
      await writer.stop();
    });
    return writer;
  };

  /** How often the pooler was told to pause: PgBouncer 1.18 says so nowhere but in its log. */
  const pauses = () =>
    readFileSync(join(cluster.directory, 'services', 'pooler', 'server.log'), 'utf8').split('PAUSE command issued')
      .length;

  it(`killed with its process group 100 ms after the pause, ${kills} times: writes flow within 5 s, resume ends well`, async () => {
    const waits: number[] = [];
    for (let round = 0; round < kills; round += 1) {
      await healthy();
      const writer = await write();
      const before = pauses();
      const child = startPgdba(home.path, 'switchover', '--name', 'long', '--yes', '--quiet');
      await until('the pooler to be paused', () => pauses() > before, 30_000);
      await delay(100);
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      const killed = performance.now();
      const count = writer.acknowledged.length;
      await until('the writer to write', () => writer.acknowledged.length > count + 3, 5000);
      waits.push(performance.now() - killed);
      const { envelope: shown } = await cli('runs', 'show', 'last');
      expect(shown.data.holds).toEqual([expect.objectContaining({ id: 'hold', released_by: 'guard' })]);
      const { envelope, exit } = await cli('runs', 'resume', 'last');
      expect([envelope.error, exit]).toEqual([undefined, 0]);
      const { lost } = await writer.stop();
      expect(lost).toEqual([]);
      await healthy();
    }
    waits.sort((a, b) => a - b);
    console.log(`writes flowed after ${waits.map(Math.round).join(' ')} ms`);
    expect(waits).toHaveLength(kills);
  });

  it(`${rounds} in a row: no transaction fails, no row is lost`, async () => {
    await healthy();
    const writer = await write();
    const gaps: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const { envelope, exit } = await cli('switchover', '--name', 'long', '--yes');
      expect([envelope.error, exit]).toEqual([undefined, 0]);
      expect(envelope.data).toMatchObject({ failed_transactions: 0, lost_transactions: 0 });
      gaps.push(envelope.data.outage_ms);
      await healthy();
    }
    const { lost } = await writer.stop();
    console.log(`outages ${gaps.join(' ')} ms`);
    expect(writer.failures).toEqual([]);
    expect(lost).toEqual([]);
  });
});
