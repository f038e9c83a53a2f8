import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/secrets/secret.ts';
import { processesWith } from '../harness/processes.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { until } from '../harness/until.ts';
import { BareStage } from './bare-stage.ts';

let home: ScratchHome;
let stage: BareStage;
beforeEach(async () => {
  home = await scratchHome();
  stage = new BareStage(home.path);
});
afterEach(() => home.remove());

const exec = (params: object, signal?: AbortSignal) => stage.step('exec@1', params, signal ? { signal } : {});

async function done(params: object) {
  const step = await exec(params);
  const memo = await step.memo();
  const receipt = await step.apply(memo);
  return { step, memo, receipt };
}

describe('exec', () => {
  it('runs a program without a shell, and answers what it said', async () => {
    const { step, memo, receipt } = await done({ argv: ['printf', '%s|', '$HOME', '; id', "it's"] });
    expect(await step.verify(memo, receipt)).toEqual({
      is: 'satisfied',
      result: { exit: 0, stdout: "$HOME|; id|it's|", stderr: '' },
    });
  });

  it('gives a plain environment, the one of the task, and nothing that pgdba was started with', async () => {
    process.env.PGDBA_TEST_LEAK = 'leaked';
    try {
      const { receipt } = await done({ argv: ['env'], env: { COLOUR: 'blue' } });
      expect(receipt).toMatchObject({ stdout: expect.stringContaining('COLOUR=blue\n') });
      expect(receipt).toMatchObject({ stdout: expect.stringContaining('PATH=') });
      expect(receipt).not.toMatchObject({ stdout: expect.stringContaining('leaked') });
    } finally {
      delete process.env.PGDBA_TEST_LEAK;
    }
  });

  it('fails for good when the program fails: it may have done half', async () => {
    const { step, memo, receipt } = await done({ argv: ['sh', '-c', 'echo no such bucket >&2; exit 3'] });
    await expect(step.verify(memo, receipt)).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: 'sh ended with 3: no such bucket',
      facts: { task: 'task' },
      hint: 'put right what it says',
    });
  });

  it('is called by how it begins, however long it is', async () => {
    const step = await exec({ argv: ['purge-cdn', 'x'.repeat(300)] });
    expect(await step.check()).toMatchObject({ summary: expect.stringMatching(/^run purge-cdn x+ …$/) });
  });

  it('takes the exits that the task calls success', async () => {
    const { step, memo, receipt } = await done({ argv: ['sh', '-c', 'exit 3'], ok_exit: [0, 3] });
    expect(await step.verify(memo, receipt)).toMatchObject({ is: 'satisfied', result: { exit: 3 } });
  });

  it('did nothing when there is no such program', async () => {
    const { step, memo, receipt } = await done({ argv: ['/no/such/program'] });
    expect(await step.verify(memo, receipt)).toEqual({ is: 'not-done', why: 'there is no program /no/such/program' });
    expect(await step.rollback(memo, receipt)).toEqual({ is: 'undone' });
  });

  it('is unknown after a crash, when nothing proves it', async () => {
    const step = await exec({ argv: ['true'] });
    expect(await step.verify(await step.memo())).toMatchObject({ is: 'unknown' });
  });

  it('is proved by done_when after a crash, and not run when that holds already', async () => {
    const file = join(home.path, 'made');
    const step = await exec({ argv: ['touch', file], done_when: { argv: ['test', '-e', file] } });
    const memo = await step.memo();
    expect(await step.verify(memo)).toMatchObject({ is: 'not-done' });
    await step.apply(memo);
    expect(await step.verify(memo)).toEqual({ is: 'satisfied', result: { exit: null, stdout: '', stderr: '' } });
    expect(await step.check()).toMatchObject({ is: 'satisfied' });
    expect(await step.rollback(memo)).toMatchObject({ is: 'kept' });
  });

  it('may be tried again when done_when says that a failed program did nothing', async () => {
    const { step, memo, receipt } = await done({
      argv: ['sh', '-c', 'echo busy >&2; exit 1'],
      done_when: { argv: ['false'] },
    });
    expect(await step.verify(memo, receipt)).toEqual({ is: 'not-done', why: 'sh ended with 1: busy' });
  });

  it('waits for what shows later, and calls a broken done_when unknown', async () => {
    const slow = await done({ argv: ['true'], done_when: { argv: ['false'] } });
    expect(await slow.step.verify(slow.memo, slow.receipt)).toMatchObject({ is: 'pending' });
    const broken = await exec({ argv: ['true'], done_when: { argv: ['sh', '-c', 'echo no network >&2; exit 7'] } });
    expect(await broken.check()).toEqual({ is: 'unknown', why: 'done_when ended with 7: no network' });
  });

  it('takes a secret on standard input only, and masks what comes back', async () => {
    const secret = new Secret('env:TOKEN', 'hunter2-hunter2');
    stage.redactor.add(secret);
    const { receipt } = await done({ argv: ['sh', '-c', 'cat; cat /dev/null >&2'], stdin_secret: secret });
    expect(receipt).toMatchObject({ exit: 0, stdout: '‹secret›' });
    for (const name of ['PGPASSWORD', 'API_TOKEN']) {
      const step = await exec({ argv: ['true'], env: { [name]: 'x' } });
      await expect(step.check()).rejects.toMatchObject({ code: 'PARAMS_INVALID' });
    }
    await expect((await exec({ argv: ['true'], env: { PGPASSFILE: '/x' } })).check()).resolves.toMatchObject({
      is: 'change',
    });
  });

  it('keeps the first 64 KiB, and no half of a secret at the cut', async () => {
    stage.redactor.add('swordfish-swordfish');
    // The secret lies across the end of what is read.
    const fill = 68 * 1024 - 5;
    const { receipt } = await done({
      argv: ['sh', '-c', `head -c ${fill} /dev/zero | tr '\\0' x; printf swordfish-swordfish`],
    });
    const { stdout } = receipt as { stdout: string };
    expect(stdout).not.toContain('sword');
    expect(stdout.length).toBeLessThan(65 * 1024);
    expect(stdout).toMatch(/\[cut: /);
  });

  it('ends the whole group when it is cancelled, also who ignores SIGINT', async () => {
    const cancel = new AbortController();
    const mark = `pgdba-test-${process.pid}-${Date.now()}`;
    const ready = join(home.path, 'ready');
    const script = `trap '' INT; touch ${ready}; sleep 1000 & wait; exec sleep 1000 ${mark}`;
    const step = await exec({ argv: ['sh', '-c', script, mark] }, cancel.signal);
    const ended = step.apply(await step.memo());
    await until('the program runs', () => existsSync(ready));
    cancel.abort(new Error('stop'));
    await expect(ended).rejects.toThrow('stop');
    expect(processesWith(mark)).toEqual([]);
  }, 30_000);

  it('does not wait for a daemon that keeps the pipes', async () => {
    const pid = join(home.path, 'pid');
    const began = performance.now();
    const { receipt } = await done({ argv: ['sh', '-c', `setsid sleep 60 & echo $! > ${pid}; echo started`] });
    expect(receipt).toMatchObject({ exit: 0, stdout: 'started\n' });
    expect(performance.now() - began).toBeLessThan(30_000);
    process.kill(Number(readFileSync(pid, 'utf8')));
  });

  it('does not mind a program that never reads its input', async () => {
    const { receipt } = await done({ argv: ['true'], stdin: 'x'.repeat(1_000_000) });
    expect(receipt).toMatchObject({ exit: 0 });
  });
});
