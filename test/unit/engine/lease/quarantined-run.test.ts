import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acknowledge } from '../../../../src/engine/lease/acknowledge.ts';
import { listLeases, pathsIn } from '../../../../src/engine/lease/list-leases.ts';
import { EngineLab } from '../../../harness/engine-lab.ts';
import { failureOf } from '../../../harness/failure-of.ts';
import { type ScratchHome, scratchHome } from '../../../harness/scratch-home.ts';
import { unreachableCluster } from '../../../harness/unreachable-cluster.ts';

const ensure = (id: string) => `  - { id: ${id}, uses: ensure@1, with: { in: "WORLD", name: ${id} } }\n`;
const ab = `tasks:\n${ensure('a')}${ensure('b')}`;

let home: ScratchHome;
let lab: EngineLab;
beforeEach(async () => {
  home = await scratchHome();
  lab = new EngineLab(home.path);
  await lab.parts.inventory.register(unreachableCluster('demo', '7301'));
});
afterEach(() => home.remove());

/** Task b fails, and the file of task a cannot be removed again. */
async function halfUndone(): Promise<string> {
  lab.put('a.stuck');
  lab.put('b.fails');
  const { id, status } = await lab.run(ab, { cluster: 'demo' });
  expect(status).toBe('rollback-failed');
  return id ?? '';
}

const locked = () => listLeases(lab.home).map(({ directory, state }) => `${directory} ${state}`);
const another = () => lab.run(`tasks:\n${ensure('c')}`, { cluster: 'demo' });

describe('a run whose rollback fails', () => {
  it('leaves its cluster locked under its name and its identity, for every other run', async () => {
    const run = await halfUndone();
    expect(locked()).toEqual(['7301 quarantined', 'demo quarantined']);
    const error = await failureOf(another());
    expect(error).toMatchObject({ code: 'LEASE_QUARANTINED', facts: { cluster: 'demo', run } });
    expect(error.message).toMatch(/cluster demo is locked since the rollback of run .* failed: undoing task a failed/);
    expect(lab.exists('c')).toBe(false);
  });

  it('may go on itself, and frees the cluster when everything is undone at last', async () => {
    const run = await halfUndone();
    lab.remove('a.stuck');
    expect(await lab.rollback(run)).toMatchObject({ status: 'rolled-back' });
    expect(locked()).toEqual([]);
    expect(await another()).toMatchObject({ status: 'succeeded' });
  });

  it('keeps it locked when it fails to undo again', async () => {
    const run = await halfUndone();
    expect(await lab.rollback(run)).toMatchObject({ status: 'rollback-failed' });
    expect(locked()).toEqual(['7301 quarantined', 'demo quarantined']);
  });

  it('keeps it locked when the second try is left before its end', async () => {
    const run = await halfUndone();
    const stop = new AbortController();
    await lab.rollback(run, { signal: stop.signal, onRecord: () => stop.abort({ by: 'x', how: 'leave', why: null }) });
    expect(locked()).toEqual(['7301 quarantined', 'demo quarantined']);
    expect(await failureOf(another())).toMatchObject({ code: 'LEASE_QUARANTINED' });
  });

  it('holds nobody up once an operator has acknowledged it', async () => {
    const run = await halfUndone();
    for (const name of ['demo', '7301']) acknowledge(pathsIn(lab.home, name), { run, by: 'alice', reason: 'seen to' });
    expect(await another()).toMatchObject({ status: 'succeeded' });
  });
});

describe('a run on a cluster without a primary', () => {
  it('has its lease files only, and says so in its log', async () => {
    const { id, status } = await another();
    expect(status).toBe('succeeded');
    const log = readFileSync(join(lab.home, 'runs', id ?? '', 'log.jsonl'), 'utf8');
    expect(log.match(/no lock on the primary \(cluster demo has no member that accepts writes\)/g)).toHaveLength(1);
  });
});
