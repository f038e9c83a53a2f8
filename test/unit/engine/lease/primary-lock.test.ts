import { describe, expect, it } from 'vitest';
import { PrimaryLock } from '../../../../src/engine/lease/primary-lock.ts';
import type { LockAnswer } from '../../../../src/world/lock-on-primary.ts';
import { failureOf } from '../../../harness/failure-of.ts';

/** A primary that answers what a test says; sessions that a test can break. */
function world(...answers: (LockAnswer | (() => LockAnswer))[]) {
  const notes: string[] = [];
  const asked: AbortSignal[] = [];
  const closed: string[] = [];
  const stop = new AbortController();
  return {
    notes,
    asked,
    closed,
    stop,
    take: (waitMs = 0) =>
      PrimaryLock.take({
        run: 'run-1',
        cluster: 'demo',
        waitMs,
        signal: stop.signal,
        async lock(signal) {
          asked.push(signal);
          const next = answers.length > 1 ? answers.shift() : answers[0];
          if (!next) throw new Error('nobody was to be asked');
          return typeof next === 'function' ? next() : next;
        },
        note: (sentence) => notes.push(sentence),
      }),
    session(member: string) {
      const session = { member, alive: true, close: async () => void closed.push(member) };
      return { session, answer: { is: 'held', session } satisfies LockAnswer };
    },
  };
}

const since = '2026-11-20T12:00:00.000Z';
const other: LockAnswer = { is: 'busy', holder: { run: 'run-9', member: 'n1', address: '10.0.0.7', since } };
const nowhere: LockAnswer = { is: 'nowhere', why: 'nobody answers' };

describe('the lock on the primary', () => {
  it('asks nobody while its session lives', async () => {
    const answers: LockAnswer[] = [];
    const w = world(() => answers[0] ?? nowhere);
    const { session, answer } = w.session('n1');
    answers.push(answer);
    const lock = await w.take();
    for (let n = 0; n < 3; n++) await lock.assertHeld({ mayTake: true });
    expect(w.asked).toHaveLength(1);
    session.alive = false;
    await lock.assertHeld({ mayTake: true });
    expect(w.asked).toHaveLength(2);
    expect(w.closed).toEqual(['n1']);
  });

  it('is not taken again while clients are held, but right after', async () => {
    const answers: LockAnswer[] = [];
    const w = world(() => answers.shift() ?? nowhere);
    const first = w.session('n1');
    answers.push(first.answer, w.session('n2').answer);
    const lock = await w.take();
    first.session.alive = false;
    await lock.assertHeld({ mayTake: false });
    expect(w.asked).toHaveLength(1);
    await lock.assertHeld({ mayTake: true });
    expect(w.notes).toEqual(['the lock on the primary is held again, on n2']);
    await lock.release();
    await lock.release();
    expect(w.closed).toEqual(['n1', 'n2']);
  });

  it('that another has is busy, in words that say where to look', async () => {
    const error = await failureOf(world(other).take());
    expect(error).toMatchObject({
      code: 'LEASE_BUSY',
      facts: { cluster: 'demo', run: 'run-9', pid: null, host: '10.0.0.7', since },
    });
    expect(error.message).toContain('(a session from 10.0.0.7 on n1)');
    expect(error.hint).toContain('--wait 5m');
  });

  it('is waited for as long as was said', async () => {
    const w = world(other, () => w.session('n1').answer);
    await w.take(5_000);
    expect(w.asked).toHaveLength(2);
    expect(await failureOf(world(other).take(20))).toMatchObject({ code: 'LEASE_BUSY' });
  });

  it('is not waited for by who was told to stop, and what was got by then is given back', async () => {
    const waiting = world(() => {
      waiting.stop.abort();
      return other;
    });
    expect(await failureOf(waiting.take(60_000))).toMatchObject({ code: 'INTERRUPTED' });
    const late = world(() => {
      late.stop.abort();
      return late.session('n1').answer;
    });
    expect(await failureOf(late.take())).toMatchObject({ code: 'INTERRUPTED' });
    expect(late.closed).toEqual(['n1']);
  });

  it('is lost when another has it on the new primary, at every further look', async () => {
    const answers: LockAnswer[] = [];
    const w = world(() => answers.shift() ?? other);
    const first = w.session('n1');
    answers.push(first.answer);
    const lock = await w.take();
    first.session.alive = false;
    for (let n = 0; n < 2; n++) {
      const error = await failureOf(lock.assertHeld({ mayTake: true }));
      expect(error).toMatchObject({ code: 'LEASE_LOST', facts: { run: 'run-1', cluster: 'demo', holder: 'run-9' } });
      expect(error.message).toContain('run run-9 does, by a session from 10.0.0.7 on n1');
    }
  });

  it('is done without when no primary answers; that is said once, and nobody is asked again at once', async () => {
    const w = world(nowhere);
    const lock = await w.take();
    for (let n = 0; n < 3; n++) await lock.assertHeld({ mayTake: true });
    expect(w.asked).toHaveLength(1);
    expect(w.notes).toEqual([expect.stringContaining('no lock on the primary (nobody answers)')]);
  });
});
