import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Interruption } from '../../../src/cli/interruption.ts';
import { intent, journal } from '../output/a-run.ts';
import { pgdba, report, sink } from './a-program.ts';

const [acted] = journal(intent('members'));
const [undoing] = journal({ type: 'rollback.begun', data: { why: 'cancelled' } });
const leave = { by: 'SIGTERM', how: 'leave', why: null } as const;
const undo = { by: 'bob', how: 'rollback', why: 'wrong candidate' } as const;

function interruption() {
  const said: string[] = [];
  let left = 0;
  const watched = new Interruption({
    say: (sentence) => said.push(sentence),
    leaveAtOnce: () => {
      left += 1;
    },
  });
  const hear = (record = acted) => record && watched.heard(record);
  return { watched, hear, said, left: () => left };
}

describe('what stops a driven run', () => {
  it('the first Ctrl-C asks it to stop and leaves open how, the second waits for nothing', () => {
    const { watched, said, left } = interruption();
    watched.interrupt();
    expect(watched.signal.reason).toEqual({ by: 'SIGINT', how: null, why: null });
    expect(said).toEqual(['interrupted: stopping at the next safe point; Ctrl-C again leaves at once']);
    expect(left()).toBe(0);
    watched.interrupt();
    expect(left()).toBe(1);
  });

  it('another terminal says how, and who it was', () => {
    const { watched, said } = interruption();
    watched.cancel(undo);
    expect(watched.signal.reason).toEqual(undo);
    expect(said).toEqual(['bob asks the run to stop: at the next safe point, undoing what it did']);
  });

  it('one Ctrl-C after another terminal asked leaves nothing half done', () => {
    const { watched, left } = interruption();
    watched.cancel(undo);
    watched.interrupt();
    expect(left()).toBe(0);
    watched.interrupt();
    expect(left()).toBe(1);
  });

  it('a service manager gives no time for undoing, whichever comes first', () => {
    const early = interruption();
    early.watched.interrupt();
    early.watched.cancel(leave);
    expect(early.left()).toBe(0);
    early.hear(undoing);
    expect(early.left()).toBe(1);

    const late = interruption();
    late.watched.cancel(undo);
    late.hear(undoing);
    late.watched.cancel(leave);
    expect(late.left()).toBe(1);
  });

  it('two SIGTERM are as good as one', () => {
    const { watched, left } = interruption();
    watched.cancel(leave);
    watched.cancel(leave);
    expect(left()).toBe(0);
  });

  it('a lost terminal and a closed pipe stop it only before its first intent', () => {
    const before = interruption();
    before.watched.unheard('SIGHUP');
    expect(before.watched.signal.reason).toEqual({ by: 'SIGHUP', how: 'leave', why: null });
    for (const why of ['SIGHUP', 'closed output'] as const) {
      const { watched, hear } = interruption();
      hear();
      watched.unheard(why);
      expect(watched.signal.aborted).toBe(false);
    }
  });

  it('a Ctrl-C that comes when the run is over does not tear its answer', () => {
    const { watched, left } = interruption();
    watched.interrupt();
    watched.end();
    watched.interrupt();
    watched.cancel(leave);
    expect(left()).toBe(0);
    for (let more = 0; more < 2; more += 1) watched.interrupt();
    expect(left()).toBe(1);
  });

  it('a resumed run has acted before: a lost terminal does not stop it', () => {
    const { watched, hear } = interruption();
    const data = { pgdba: '0.1.0', actor: 'alice', host: 'db1', pid: 1 };
    const [resumed] = journal({ type: 'run.resumed', data });
    hear(resumed);
    watched.unheard('SIGHUP');
    expect(watched.signal.aborted).toBe(false);
  });
});

describe('the process of a driven run', () => {
  it('hands its signals to the run', async () => {
    const reasons: unknown[] = [];
    const run = (name: string, signals = new EventEmitter()) =>
      pgdba(['switchover'], {
        io: { signals },
        run: async ({ signal }) => {
          signals.emit(name);
          reasons.push(signal.reason);
          return report({ status: 'interrupted' });
        },
      });
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) expect((await run(name)).exit).toBe(130);
    expect(reasons).toMatchObject([
      { by: 'SIGINT', how: null },
      { by: 'SIGTERM', how: 'leave' },
      { by: 'SIGHUP', how: 'leave' },
    ]);
  });

  it('ends with 130 at the second Ctrl-C, though the run does not return', async () => {
    const signals = new EventEmitter();
    let gone: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const asked: number[] = [];
    const exit = (code: number) => {
      asked.push(code);
      gone();
    };
    await pgdba(['switchover'], {
      io: { signals, exit },
      run: async () => {
        signals.emit('SIGINT');
        signals.emit('SIGINT');
        await left;
        return report({ status: 'interrupted' });
      },
    });
    expect(asked).toEqual([130]);
  });

  it('hears that nobody reads its events any more, and stops while nothing was changed', async () => {
    const stdout = new PassThrough();
    const [record] = journal({ type: 'task.skipped', task: 'a', data: { why: 'false' } });
    const call = await pgdba(['switchover', '--events', '--quiet'], {
      io: { stdout },
      run: async ({ observer, signal }) => {
        stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
        if (record) observer.onRecord(record);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        expect(signal.reason).toEqual({ by: 'closed output', how: 'leave', why: null });
        return report({ status: 'interrupted' });
      },
    });
    expect(call.exit).toBe(130);
  });

  it('keeps the exit code of a run whose terminal is gone', async () => {
    const stdout = sink({ columns: 100, rows: 40 });
    const signals = new EventEmitter();
    const call = await pgdba(['switchover', '--quiet'], {
      io: { signals, stdout },
      run: async ({ observer }) => {
        if (acted) observer.onRecord(acted);
        stdout.destroy(Object.assign(new Error('write EIO'), { code: 'EIO' }));
        await new Promise((resolve) => stdout.once('close', resolve));
        return report();
      },
    });
    expect(call.exit).toBe(0);
  });
});
