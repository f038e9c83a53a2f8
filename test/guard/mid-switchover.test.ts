import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, send } from '../../src/clients/patroni.ts';
import { readCluster } from '../../src/clients/patroni-answers.ts';
import { guardRecords } from '../../src/engine/guard-process.ts';
import { formatPoolerTarget } from '../../src/formats/pooler-target.ts';
import { until } from '../harness/until.ts';
import { connectTo, secretOf } from '../harness/world.ts';
import { type HeldWorld, heldWorld, startHolder, untilGuardIsGone } from './held-world.ts';
import { buildPrograms, type Programs } from './programs.ts';

let held: HeldWorld;
let programs: Programs;

beforeAll(async () => {
  [held, programs] = await Promise.all([heldWorld(), buildPrograms()]);
}, 180_000);

afterAll(async () => {
  await programs?.remove();
  await held?.world.remove();
});

describe('the guard, when pgdba is killed while the primary changes', () => {
  it('waits for the new primary and lets clients go on there, without one error', async () => {
    await until('a standby that may take over', standbyStreams, 60_000);
    const brief = await held.brief({ within_ms: 30_000 });
    const holder = startHolder(programs, brief);
    try {
      expect(await holder.hear()).toBe('ready');
      for (const pooler of held.poolers) await held.console(pooler, (open) => open.command('PAUSE'));
      holder.tell('reached');
      expect(await holder.hear()).toBe('reached');
      const switchover = startSwitchover();
      await until('the old primary to be gone', async () => !(await acceptsWrites()));
      const writes = held.poolers.map((pooler) => held.write(pooler));
      holder.kill();
      expect(await Promise.all(writes)).toEqual([held.standby.port, held.standby.port]);
      expect(await switchover).toBe(200);
      for (const pooler of held.poolers) expect(await held.target(pooler)).toBe(formatPoolerTarget(held.standby));
      await untilGuardIsGone(brief);
      const records = await guardRecords(brief.directory);
      expect(records.at(-1)).toMatchObject({ type: 'released', data: { pointed_at: held.standby.name, why: 'pipe' } });
    } finally {
      holder.kill();
    }
  });
});

const rest = () => ({ host: held.primary.host, port: held.primary.rest_port });

async function startSwitchover(): Promise<number> {
  const credentials = { user: 'pgdba', password: await secretOf(held.world, 'rest') };
  const order = { leader: held.primary.name, candidate: held.standby.name };
  return (await send(rest(), 'POST', '/switchover', order, { timeoutMs: 60_000, credentials })).status;
}

/** It has everything, and Patroni knows it. */
async function standbyStreams(): Promise<boolean> {
  const open = await connectTo(held.world, held.primary);
  const { rows } = await open.query('select 1 from pg_stat_replication where replay_lsn = pg_current_wal_lsn()');
  await open.close();
  const { members } = readCluster((await get(rest(), '/cluster', { timeoutMs: 2_000 })).body);
  const standby = members.find(({ name }) => name === held.standby.name);
  return rows.length === 1 && /^(?:running|streaming)$/.test(standby?.state ?? '') && standby?.lag === 0;
}

async function acceptsWrites(): Promise<boolean> {
  const open = await connectTo(held.world, held.primary).catch(() => undefined);
  if (!open) return false;
  const answer = await open.query('select not pg_is_in_recovery() as so').catch(() => undefined);
  await open.close();
  return answer?.rows[0]?.['so'] === true;
}
