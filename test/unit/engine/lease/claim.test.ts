import { closeSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Attempt, tryGiveBack, tryTake } from '../../../../src/engine/lease/claim.ts';
import { type LeaseContent, readLease, writeLease } from '../../../../src/engine/lease/lease-file.ts';
import { ownIdentity } from '../../../../src/journal/process-identity.ts';

/** The steps of a race one by one: what others do is done inside the callbacks of the racer that is being overtaken. */
function race() {
  const directory = mkdtempSync(join(tmpdir(), 'pgdba-claim-'));
  const open: number[] = [];
  onTestFinished(() => {
    for (const fd of open) closeSync(fd);
    rmSync(directory, { recursive: true, force: true });
  });
  const path = join(directory, 'topology');
  const content = (run: string, token: number): LeaseContent => ({
    ...{ beat: 0, token, run, host: 'box', since: '2026-01-01T00:00:00.000Z', nonce: `nonce-${run}-${token}` },
    ...ownIdentity(),
  });
  const take = (
    run: string,
    { beforeTicket = () => {}, now = () => 0 }: { beforeTicket?: () => void; now?: () => number } = {},
  ): Attempt => {
    const draft = (token: number): LeaseContent => {
      beforeTicket();
      return content(run, token);
    };
    const attempt = tryTake(path, draft, now);
    if (attempt.is === 'taken') open.push(attempt.fd);
    return attempt;
  };
  return {
    directory,
    path,
    take,
    /** A lease that a process of an earlier boot left behind. */
    dead: { ...content('dead', 7), boot_id: 'earlier' },
    leave(lease: LeaseContent) {
      open.push(writeLease(path, lease));
    },
    takeAndGiveBack(run: string) {
      const attempt = take(run);
      if (attempt.is === 'taken') tryGiveBack(path, attempt.content);
    },
    holder: () => readLease(path)?.run,
    names: () => readdirSync(directory).sort(),
  };
}

describe('a racer for a lease', () => {
  it('that judged a holder dead, and was slow, does not throw out who took over meanwhile', () => {
    const { take, leave, dead, holder, names } = race();
    leave(dead);
    expect(take('slow', { beforeTicket: () => void take('quick') })).toMatchObject({ is: 'contended' });
    expect(holder()).toBe('quick');
    expect(names()).toEqual(['topology']);
  });

  it('that judged a holder dead, and was slow, does not throw out who came after that one', () => {
    const { take, leave, dead, takeAndGiveBack, holder } = race();
    leave(dead);
    const overtake = (): void => {
      takeAndGiveBack('first');
      takeAndGiveBack('second');
      take('third');
    };
    expect(take('slow', { beforeTicket: overtake })).toMatchObject({ is: 'contended' });
    expect(holder()).toBe('third');
  });

  it('is alone between its last look and its rename', () => {
    const { take, leave, dead, path, holder } = race();
    leave(dead);
    const seen: unknown[] = [];
    let looks = 0;
    // The second time it asks for the time, it owns the ticket.
    const now = (): number => {
      if (++looks === 2) seen.push(take('other').is, tryGiveBack(path, dead));
      return 0;
    };
    expect(take('racer', { now })).toMatchObject({ is: 'taken', content: { token: 8 } });
    expect(seen).toEqual(['contended', 'contended']);
    expect(holder()).toBe('racer');
  });

  it('lets go when the silent holder beats at the last moment, and leaves no ticket', () => {
    const { take, holder, names } = race();
    take('sleeper');
    let looks = 0;
    expect(take('racer', { now: () => (++looks === 1 ? 30_000 : 29_999) })).toMatchObject({ is: 'contended' });
    expect(holder()).toBe('sleeper');
    expect(names()).toEqual(['topology']);
  });

  it('passes the tickets of racers that died with them, and clears them away', () => {
    const { take, leave, dead, directory, names } = race();
    leave(dead);
    for (const number of [0, 1])
      symlinkSync('earlier:1:1', join(directory, `.topology.${dead.nonce}.ticket.${number}`));
    expect(take('racer')).toMatchObject({ is: 'taken' });
    expect(names()).toEqual(['topology']);
  });

  it('never has a token that was given before, however slow it was', () => {
    const { take, takeAndGiveBack } = race();
    takeAndGiveBack('zero');
    const overtaken = take('slow', { beforeTicket: () => void takeAndGiveBack('first') });
    expect(overtaken).toMatchObject({ is: 'contended' });
    expect(take('slow')).toMatchObject({ is: 'taken', content: { token: 3 } });
  });

  it('finds a free lease taken when another was quicker', () => {
    const { take, holder } = race();
    expect(take('slow', { beforeTicket: () => void take('quick') })).toMatchObject({ is: 'contended' });
    expect(holder()).toBe('quick');
  });
});

describe('a holder that gives its lease back', () => {
  it('does not give back what somebody else holds by now', () => {
    const { take, path, holder, names } = race();
    const sleeper = take('sleeper');
    take('thief', { now: () => 30_000 });
    if (sleeper.is !== 'taken') throw new Error('not taken');
    expect(tryGiveBack(path, sleeper.content)).toBe('gone');
    expect(holder()).toBe('thief');
    expect(names()).toEqual(['topology']);
  });
});
