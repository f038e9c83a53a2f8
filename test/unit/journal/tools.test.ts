import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recordChild } from '../../../src/journal/children.ts';
import { isAlive, ownIdentity, processStat } from '../../../src/journal/process-identity.ts';
import type { NewRecord } from '../../../src/journal/record.ts';
import { pgdba } from '../../harness/cli.ts';
import { until } from '../../harness/until.ts';
import { created, ended, fileWorld, intent, newRun, result, writtenRun } from './journal-world.ts';

const story = [created, intent('a'), result('a'), ended];
const blob = result('a', { text: 'größe '.repeat(30_000) });

describe('runs export', () => {
  it('gives the journal byte for byte, large values as the references they are', async () => {
    const { home, store, paths } = fileWorld();
    const run = await writtenRun(store, [created, blob, ended]);
    const { exit, stdout } = await pgdba(home, 'runs', 'export', 'last', '--format', 'jsonl');
    expect(exit).toBe(0);
    expect(stdout).toBe(readFileSync(paths(run).journal, 'utf8'));
    expect(stdout).toContain('$blob');
  });

  it('writes a private file where it is told to, and says so', async () => {
    const { home, store } = fileWorld();
    const run = await writtenRun(store, story);
    const file = join(home, 'run.html');
    const { exit, envelope } = await pgdba(home, 'runs', 'export', run, '--format', 'html', '--out', file);
    expect(exit).toBe(0);
    expect(envelope.data).toEqual({ run, format: 'html', file, bytes: readFileSync(file).length });
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>/);
    const refused = await pgdba(home, 'runs', 'export', run, '--out', join(home, 'nowhere', 'x'));
    expect(refused.envelope).toMatchObject({ success: false, code: 'FILE_NOT_WRITTEN' });
  });

  it('knows its own formats, and tells them in its help', async () => {
    const { home, store } = fileWorld();
    await writtenRun(store, story);
    expect((await pgdba(home, 'runs', 'export', 'last')).stdout).toContain('# switchover 1.0.0');
    const json = await pgdba(home, 'runs', 'export', 'last', '--format', 'json');
    expect(json.envelope).toMatchObject({ status: 'succeeded', evidence: { records: 4 }, view: { actor: 'anna' } });
    expect(await pgdba(home, 'runs', 'export', 'last', '--format', 'xml')).toMatchObject({
      exit: 2,
      envelope: { code: 'USAGE', error: expect.stringContaining('html') },
    });
    const help = (await pgdba(home, 'runs', 'export', '--help')).stdout;
    expect(help.match(/--format/g)?.length).toBeGreaterThan(1);
    expect(help).not.toContain('json, table or yaml');
  });

  it('refuses a journal that was changed, instead of telling a nice story', async () => {
    const { home, store, paths } = fileWorld();
    const run = await writtenRun(store, story);
    const { journal } = paths(run);
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('"outcome":"changed"', '"outcome":"skipped"'));
    expect(await pgdba(home, 'runs', 'export', run, '--format', 'html')).toMatchObject({
      exit: 74,
      envelope: { code: 'JOURNAL_DAMAGED' },
    });
  });
});

describe('runs tail', () => {
  it('tells of an ended run what its terminal told, and ends with its exit code', async () => {
    const { home, store } = fileWorld();
    const failed: NewRecord = { ...ended, data: { ...ended.data, status: 'failed' } };
    await writtenRun(store, [created, intent('a'), result('a'), failed]);
    const tail = await pgdba(home, 'runs', 'tail', 'last');
    expect(tail.exit).toBe(1);
    expect(tail.stderr).toMatch(
      /switchover › a begins.*\n.*a changed in 3ms.*\n(.*\n)*✖ switchover on demo: failed, changed, 4s/,
    );
    expect(tail.envelope).toMatchObject({ success: false, run: { status: 'failed' } });
  });

  it('follows a run that goes on, to its end', async () => {
    const { home, store } = fileWorld();
    const journal = await store.create(newRun());
    await journal.append(created);
    let said = '';
    const tail = pgdba(home, 'runs', 'tail', journal.run, '--events').then((answer) => {
      said = answer.stdout;
      return answer;
    });
    for (const record of story.slice(1)) await journal.append(record);
    await journal.close();
    expect((await tail).exit).toBe(0);
    const lines = said.trimEnd().split('\n');
    expect(`${lines.slice(0, -1).join('\n')}\n`).toBe(
      readFileSync(join(home, 'runs', journal.run, 'journal.jsonl'), 'utf8'),
    );
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      success: true,
      run: { id: journal.run, status: 'succeeded' },
    });
  });

  it('ends with a run that was left: parked, or without a word', async () => {
    const { home, store } = fileWorld();
    const parked: NewRecord = { type: 'run.parked', data: { why: 'n1 moved', status: 'waiting', error: null } };
    await writtenRun(store, [created, parked]);
    expect(await pgdba(home, 'runs', 'tail', 'last')).toMatchObject({
      exit: 7,
      envelope: { run: { status: 'waiting' } },
    });
    const run = await writtenRun(store, [created, intent('a')]);
    expect(await pgdba(home, 'runs', 'tail', 'last')).toMatchObject({
      exit: 130,
      envelope: { code: 'INTERRUPTED', hint: expect.stringContaining(`pgdba runs resume ${run}`) },
    });
  });
});

describe('runs diff', () => {
  it('compares runs of one playbook and refuses others', async () => {
    const { home, store } = fileWorld();
    const a = await writtenRun(store, story);
    const b = await writtenRun(store, [
      created,
      intent('a'),
      { ...result('a'), data: { ...result('a').data, ms: 9 } },
      ended,
    ]);
    const same = await pgdba(home, 'runs', 'diff', a, b);
    expect(same.envelope.data).toMatchObject({ differences: [], tasks: [{ task: 'a', a_ms: 3, b_ms: 9, more_ms: 6 }] });
    const playbook = { ...created.data.playbook, name: 'restart' };
    const other = await writtenRun(store, [{ ...created, data: { ...created.data, playbook } }, ended]);
    expect(await pgdba(home, 'runs', 'diff', a, other)).toMatchObject({ exit: 2, envelope: { code: 'USAGE' } });
  });
});

describe('runs prune', () => {
  async function aged() {
    const world = fileWorld();
    const { store } = world;
    const old = await writtenRun(store, [created, blob, ended]);
    const open = await writtenRun(store, [created, intent('a')]);
    const locking = await writtenRun(store, [
      created,
      { ...ended, data: { ...ended.data, status: 'rollback-failed' } },
    ]);
    const living = (await store.create(newRun())).run;
    const directory = join(world.home, 'leases', '7301');
    mkdirSync(directory, { recursive: true });
    const lease = { run: locking, token: 1, beat: 0, host: 'box', since: 'x', nonce: 'n', ...ownIdentity() };
    writeFileSync(join(directory, 'topology'), JSON.stringify(lease));
    return { ...world, old, open, locking, living };
  }

  it('shows what would go and how much, and removes nothing of it', async () => {
    const { home, old, paths } = await aged();
    const { exit, envelope } = await pgdba(home, 'runs', 'prune', '--keep-days', '7', '--dry-run');
    expect(exit).toBe(0);
    expect(envelope.data).toMatchObject({ removed: false, count: 1, runs: [{ id: old, bytes: envelope.data.bytes }] });
    expect(envelope.data.bytes).toBeGreaterThan(180_000);
    expect(existsSync(paths(old).journal)).toBe(true);
  });

  it('asks for consent, and then removes ended runs only: none that is open or locks its cluster', async () => {
    const { home, store, paths, old, open, locking, living } = await aged();
    expect(await pgdba(home, 'runs', 'prune', '--keep-days', '7')).toMatchObject({
      exit: 3,
      envelope: { code: 'CONSENT_REQUIRED', hint: expect.stringContaining('--yes') },
    });
    expect(existsSync(paths(old).journal)).toBe(true);
    expect(await pgdba(home, 'runs', 'prune', '--keep-days', '7', '--yes')).toMatchObject({ exit: 0 });
    expect(existsSync(paths(old).directory)).toBe(false);
    expect((await store.list({ limit: 9 })).map(({ id }) => id)).toEqual([living, locking, open]);
    const again = await pgdba(home, 'runs', 'prune', '--keep-days', '7', '--yes');
    expect(again.envelope.data).toMatchObject({ count: 0, removed: false });
  });

  it('keeps what is younger, and a child run as long as its parent', async () => {
    const { home, store } = fileWorld();
    const parent = await writtenRun(store, [created]);
    await writtenRun(store, story, { parent });
    expect((await pgdba(home, 'runs', 'prune', '--keep-days', '0', '--dry-run')).envelope.data.count).toBe(0);
    await writtenRun(store, story);
    const days = String(Math.ceil((Date.now() - Date.parse('2026-01-01T00:00:00Z')) / 86_400_000));
    expect((await pgdba(home, 'runs', 'prune', '--keep-days', days, '--dry-run')).envelope.data.count).toBe(0);
    expect((await pgdba(home, 'runs', 'prune', '--keep-days', '7', '--dry-run')).envelope.data.count).toBe(1);
    expect(await pgdba(home, 'runs', 'prune', '--keep-days', 'x')).toMatchObject({ exit: 2 });
  });
});

describe('runs doctor', () => {
  const problems = ({ envelope }: { envelope: { data: { findings: { problem: string; run: string | null }[] } } }) =>
    envelope.data.findings.map(({ problem, run }) => [problem, run]);

  it('has nothing to say about a home in order, or without any run', async () => {
    const { home, store } = fileWorld();
    expect(await pgdba(home, 'runs', 'doctor')).toMatchObject({
      exit: 0,
      envelope: { data: { ok: true, findings: [] } },
    });
    await writtenRun(store, story);
    await writtenRun(store, [created, intent('a')]);
    await store.create(newRun());
    expect(await pgdba(home, 'runs', 'doctor')).toMatchObject({ exit: 0, envelope: { data: { ok: true } } });
  });

  it('makes a lost index anew from the journals', async () => {
    const { home, store, index } = fileWorld();
    const parked: NewRecord = { type: 'run.parked', data: { why: 'x', status: 'drift', error: null } };
    const first = await writtenRun(store, story);
    const second = await writtenRun(store, [created, parked]);
    const before = await store.list({ limit: 9 });
    rmSync(index);
    const look = await pgdba(home, 'runs', 'doctor');
    expect(look.exit).toBe(1);
    expect(problems(look)).toEqual([
      ['index-missing', null],
      ['not-in-index', first],
      ['not-in-index', second],
    ]);
    expect(await pgdba(home, 'runs', 'doctor', '--repair')).toMatchObject({ exit: 0 });
    const told = ({ id, status, playbook, actor, ended_at }: (typeof before)[number]) => ({
      id,
      status,
      playbook,
      actor,
      ended_at,
    });
    expect((await store.list({ limit: 9 })).map(told)).toEqual(before.map(told));
    expect(await pgdba(home, 'runs', 'doctor')).toMatchObject({ exit: 0 });
  });

  it('finds what a crash left: a line without files, a torn tail, a head behind, an end the index lacks', async () => {
    const { home, store, index, paths } = fileWorld();
    const gone = await writtenRun(store, story);
    rmSync(paths(gone).directory, { recursive: true });
    const torn = await writtenRun(store, [created, intent('a')]);
    appendFileSync(paths(torn).journal, '{"v":1,"se');
    const behind = await writtenRun(store, [created, intent('a')]);
    writeFileSync(paths(behind).head, `${'0'.repeat(12)} ${'0'.repeat(64)}\n`);
    const unlisted = await writtenRun(store, story);
    const lines = readFileSync(index, 'utf8').trimEnd().split('\n');
    // Killed between its last record and the index.
    writeFileSync(
      index,
      `${lines
        .slice(0, -1)
        .join('\n')
        .replaceAll(/"pid":\d+/g, `"pid":${2 ** 22 + 1}`)}\n`,
    );
    const look = await pgdba(home, 'runs', 'doctor');
    expect(problems(look)).toEqual([
      ['no-directory', gone],
      ['torn-tail', torn],
      ['head-behind', behind],
      ['end-not-in-index', unlisted],
    ]);
    expect((await pgdba(home, 'runs', 'doctor', '--repair')).exit).toBe(0);
    expect(await pgdba(home, 'runs', 'doctor')).toMatchObject({ exit: 0, envelope: { data: { findings: [] } } });
    expect(await store.summary(unlisted)).toMatchObject({ status: 'succeeded' });
    expect((await store.read(torn)).at(-1)).toMatchObject({ type: 'journal.repaired' });
    expect((await store.list({ limit: 9 })).map(({ id }) => id)).not.toContain(gone);
  });

  it('names damage and repairs none of it', async () => {
    const { home, store, paths } = fileWorld();
    const run = await writtenRun(store, story);
    const { journal } = paths(run);
    const bad = readFileSync(journal, 'utf8').replace('anna', 'evil');
    writeFileSync(journal, bad);
    const repaired = await pgdba(home, 'runs', 'doctor', '--repair');
    expect(repaired).toMatchObject({ exit: 1, envelope: { code: 'RUNS_UNSOUND' } });
    expect(repaired.envelope.data.findings).toMatchObject([{ problem: 'unreadable', run, repaired: false }]);
    expect(readFileSync(journal, 'utf8')).toBe(bad);
  });

  it('ends the programs of a dead run, and finishes a removal that was cut short', async () => {
    const { home, store, paths } = fileWorld();
    const run = await writtenRun(store, [created, intent('a')]);
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const identity = { ...ownIdentity(), pid, start_time: processStat(pid)?.start_time ?? 0 };
    recordChild(paths(run).children, { pid, argv0: 'sleep' });
    const pruned = await writtenRun(store, story);
    await store.remove(pruned);
    mkdirSync(paths(pruned).directory);
    expect(problems(await pgdba(home, 'runs', 'doctor'))).toEqual([
      ['stray-programs', run],
      ['removed-in-part', pruned],
    ]);
    expect(isAlive(identity)).toBe(true);
    expect(await pgdba(home, 'runs', 'doctor', '--repair')).toMatchObject({ exit: 0 });
    await until('the program is gone', () => !isAlive(identity));
    expect(existsSync(paths(pruned).directory)).toBe(false);
  });

  it('shows a lease whose holder is gone, and what to do about its run', async () => {
    const { home, store } = fileWorld();
    const run = await writtenRun(store, [created, intent('a')]);
    mkdirSync(join(home, 'leases', '7301'), { recursive: true });
    const lease = { run, token: 1, beat: 0, host: 'box', since: 'x', nonce: 'n', ...ownIdentity(), start_time: 1 };
    writeFileSync(join(home, 'leases', '7301', 'topology'), JSON.stringify(lease));
    const look = await pgdba(home, 'runs', 'doctor');
    expect(look.exit).toBe(1);
    expect(look.envelope.data.findings).toMatchObject([
      { problem: 'stale-lease', run, hint: expect.stringContaining(`pgdba runs resume ${run}`) },
    ]);
  });
});
