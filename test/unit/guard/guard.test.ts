import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectConsole } from '../../../src/clients/pgbouncer.ts';
import { decodeAnswer, encodeAnswer, type GuardAnswer } from '../../../src/formats/guard-talk.ts';
import { formatPoolerTarget, parsePoolerTarget } from '../../../src/formats/pooler-target.ts';
import { Diary } from '../../../src/guard/diary.ts';
import { pointTarget } from '../../../src/guard/point-target.ts';
import { listen } from '../../../src/guard/pulse.ts';
import { releasePooler } from '../../../src/guard/release-pooler.ts';
import { Session } from '../../../src/guard/session.ts';
import { GuardJournal, readGuardRecords } from '../../../src/journal/guard-journal.ts';
import { announceGuard, findLivingGuard } from '../../../src/journal/guard-presence.ts';
import { ownIdentity } from '../../../src/journal/process-identity.ts';
import { Redactor } from '../../../src/secrets/redactor.ts';

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'pgdba-guard-unit-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const login = { name: 'pooler-1', host: '127.0.0.1', port: 1, user: 'pgdba', password: 'a-very-secret-word' };
const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

describe('the pipe of a guard', () => {
  it('gives its lines, however they are cut, and then its end', async () => {
    const pipe = new PassThrough();
    const pulse = listen(pipe);
    for (const piece of ['{"a"', ':1}\nrea', 'ched\nnonsense\ndone\n']) pipe.write(piece);
    expect(await pulse.brief).toBe('{"a":1}');
    await pulse.reached;
    await pulse.done;
    pipe.end();
    expect(await pulse.ended).toEqual({ why: 'pipe', problem: undefined });
  });

  it('takes no half word for `done`', async () => {
    const pipe = new PassThrough();
    const pulse = listen(pipe);
    pipe.end('{}\ndone');
    const first = await Promise.race([pulse.done.then(() => 'done'), pulse.ended.then(({ why }) => why)]);
    expect(first).toBe('pipe');
  });

  it('counts the first reason to end', async () => {
    const pulse = listen(new PassThrough());
    pulse.end('signal');
    pulse.end('failure', 'too late');
    expect(await pulse.ended).toEqual({ why: 'signal', problem: undefined });
    await expect(pulse.brief).rejects.toThrow('somebody ended it');
  });
});

describe('what a guard says', () => {
  it.each<GuardAnswer>([
    { is: 'ready' },
    { is: 'failed', problem: 'a "quoted"\nreason' },
    { is: 'released', at: '2026-01-01T00:00:00.000Z', pointed_at: null, why: 'pipe' },
  ])('is understood: $is', (answer) => {
    const line = encodeAnswer(answer);
    expect(line.endsWith('\n')).toBe(true);
    expect(decodeAnswer(line.slice(0, -1))).toEqual(answer);
  });

  it.each(['', 'rea', 'released {', 'released {]}', 'ready {}'])('is nothing: %j', (line) => {
    expect(decodeAnswer(line)).toBeUndefined();
  });
});

describe('a pooler’s target file', () => {
  it('is read as it was written', () => {
    expect(parsePoolerTarget(formatPoolerTarget({ host: 'db.example', port: 5432 }))).toEqual({
      host: 'db.example',
      port: 5432,
    });
    expect(parsePoolerTarget('[databases]\n')).toBeNull();
  });

  it('is replaced whole, private to its owner, with nothing left beside it', async () => {
    const directory = scratch();
    const target = { path: join(directory, 'target.ini'), ...own };
    await pointTarget(target, login);
    await pointTarget(target, { ...login, port: 2 });
    expect(readFileSync(target.path, 'utf8')).toBe('[databases]\n* = host=127.0.0.1 port=2\n');
    expect(statSync(target.path).mode & 0o777).toBe(0o600);
    await expect(pointTarget({ ...target, path: directory }, login)).rejects.toThrow('EISDIR');
    expect(readdirSync(directory)).toEqual(['target.ini']);
  });
});

describe('a pooler that stays away', () => {
  it('is given up in the end, with the reason', async () => {
    const target = { path: join(scratch(), 'target.ini'), ...own };
    const connect = (signal: AbortSignal) =>
      connectConsole({ ...login, password: undefined, application_name: 'test', connectTimeoutMs: 500, signal });
    const post = { pooler: { ...login, target }, console: new Session(connect, 500) };
    const { problems, ...rest } = await releasePooler(post, login, 250);
    expect(rest).toEqual({ name: 'pooler-1', resumed: false, pointed: true });
    expect(problems).toEqual([expect.stringContaining('nothing listens there')]);
  });
});

describe('guard.jsonl', () => {
  const brief = { order: 'pooler-resume', poolers: [login], members: [login], within_ms: 10 } as const;
  const open = (directory: string) => {
    const redactor = new Redactor();
    redactor.add(login.password);
    return new Diary(new GuardJournal(directory, { run: 'run-1', task: 'pause', redactor }));
  };
  const begin = (diary: Diary) => diary.begin({ ...brief, run: 'run-1', task: 'pause', directory: '/', poolers: [] });
  const end = { why: 'pipe', problem: undefined } as const;

  it('tells released and given-up poolers apart, without secrets', () => {
    const directory = scratch();
    const diary = open(directory);
    const stuck = { name: 'b', resumed: false, pointed: true, problems: [`${login.password} was refused`] };
    expect(diary.tell(end, { pointed_at: 'demo-1', poolers: [stuck], ms: 5 })).toBeUndefined();
    const fine = { name: 'a', resumed: true, pointed: true, problems: [] };
    expect(diary.tell(end, { pointed_at: 'demo-1', poolers: [fine], ms: 5 })).toMatchObject({ pointed_at: 'demo-1' });
    expect(readGuardRecords(directory, 'run-1')).toMatchObject([
      { seq: 1, type: 'gave-up', task: 'pause', data: { poolers: ['b'], why: 'pipe' } },
      { seq: 2, type: 'released', data: { poolers: ['a'], ms: 5, why: 'pipe' } },
    ]);
    expect(readFileSync(join(directory, 'guard.jsonl'), 'utf8')).not.toContain(login.password);
  });

  it('is continued behind a torn line', () => {
    const directory = scratch();
    begin(open(directory));
    appendFileSync(join(directory, 'guard.jsonl'), '{"v":1,"seq":2,"ty');
    expect(readGuardRecords(directory, 'run-1')).toHaveLength(1);
    begin(open(directory));
    expect(readGuardRecords(directory, 'run-1').map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('is not there for a run that had no guard', () => {
    expect(readGuardRecords(scratch(), 'run-1')).toEqual([]);
  });

  it('that cannot be written keeps nobody waiting', () => {
    const directory = scratch();
    const diary = open(directory);
    begin(diary);
    // Another writer: from now on every append is refused.
    appendFileSync(join(directory, 'guard.jsonl'), 'x');
    diary.reached();
    const fine = { name: 'a', resumed: true, pointed: false, problems: [] };
    expect(diary.tell(end, { pointed_at: null, poolers: [fine], ms: 5 })).toMatchObject({ why: 'pipe' });
  });
});

describe('guard.json', () => {
  it('names the living guard until it leaves', () => {
    const directory = scratch();
    expect(findLivingGuard(directory)).toBeNull();
    const leave = announceGuard(directory, { task: 'pause', ends_within_ms: 5 });
    expect(findLivingGuard(directory)).toEqual({ ...ownIdentity(), task: 'pause', ends_within_ms: 5 });
    expect(statSync(join(directory, 'guard.json')).mode & 0o777).toBe(0o600);
    leave();
    leave();
    expect(readdirSync(directory)).toEqual([]);
  });
});
