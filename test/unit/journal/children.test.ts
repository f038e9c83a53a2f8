import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endChildren, forgetChild, livingChildren, recordChild } from '../../../src/journal/children.ts';
import { processStat } from '../../../src/journal/process-identity.ts';
import { freshHome } from './journal-world.ts';

/** A shell in a process group of its own that has said it is ready. */
async function start(script: string): Promise<{ child: ChildProcess; pid: number; said: string }> {
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const pid = child.pid ?? 0;
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL');
  });
  const [said] = await once(child.stdout, 'data');
  return { child, pid, said: String(said).trim() };
}

describe('the children of a run', () => {
  it('are living until they end or are forgotten', async () => {
    const directory = freshHome();
    const first = await start('echo ready; exec sleep 60');
    const second = await start('echo ready; exec sleep 60');
    recordChild(directory, { pid: first.pid, argv0: 'sleep' });
    recordChild(directory, { pid: second.pid, argv0: 'sleep' });
    expect(
      livingChildren(directory)
        .map(({ pid }) => pid)
        .sort(),
    ).toEqual([first.pid, second.pid].sort());

    forgetChild(directory, first.pid);
    expect(livingChildren(directory)).toMatchObject([{ pid: second.pid, argv0: 'sleep' }]);
    process.kill(-second.pid, 'SIGKILL');
    await once(second.child, 'exit');
    expect(livingChildren(directory)).toEqual([]);
  });

  it('are not noted when they have ended and only wait for us to hear of it', () => {
    const directory = freshHome();
    const { pid = 0 } = spawn('true');
    // Nothing is heard of it while this turn of the event loop lasts.
    while (processStat(pid)?.state !== 'Z');
    recordChild(directory, { pid, argv0: 'true' });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('are ended with their whole group, gently first', async () => {
    const directory = freshHome();
    const { child, pid, said: grandchild } = await start('sleep 60 & echo $!; wait');
    recordChild(directory, { pid, argv0: 'sh' });
    const [ended] = await Promise.all([endChildren(directory, { graceMs: 5_000 }), once(child, 'exit')]);
    expect(ended).toMatchObject([{ pid }]);
    expect(child.signalCode).toBe('SIGTERM');
    await gone(Number(grandchild));
    expect(readdirSync(directory)).toEqual([]);
  });

  it('are killed when they do not listen, at once when told so', async () => {
    const directory = freshHome();
    const { child, pid } = await start('trap "" TERM; echo ready; while :; do sleep 1; done');
    recordChild(directory, { pid, argv0: 'sh' });
    const exit = once(child, 'exit');
    await endChildren(directory, { graceMs: 60_000, signal: AbortSignal.abort() });
    expect(await exit).toEqual([null, 'SIGKILL']);
  });

  it('are not mistaken for another process that got the same pid', async () => {
    const directory = freshHome();
    const { child, pid } = await start('echo ready; exec sleep 60');
    recordChild(directory, { pid, argv0: 'sleep' });
    const file = join(directory, `${pid}.json`);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"start_time":\d+/, '"start_time":1'));
    expect(await endChildren(directory, { graceMs: 1_000 })).toEqual([]);
    expect(child.exitCode ?? child.signalCode).toBeNull();
  });

  it('are none where there is no directory', async () => {
    const directory = join(freshHome(), 'children');
    expect(livingChildren(directory)).toEqual([]);
    expect(await endChildren(directory, { graceMs: 1 })).toEqual([]);
  });
});

async function gone(pid: number): Promise<void> {
  const deadline = Date.now() + 5_000;
  for (let state = processStat(pid)?.state; state !== undefined && state !== 'Z'; state = processStat(pid)?.state) {
    if (Date.now() > deadline) throw new Error(`process ${pid} still runs`);
    await new Promise(setImmediate);
  }
}
