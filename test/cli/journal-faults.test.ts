import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { launcher } from '../harness/cli.ts';

/**
 * Two programs that leave a mark each, in a home of its own: nothing of the world can fail but the disk of the journal.
 * What they are given and what they say is long, so that each record of theirs needs more than a page of the disk.
 */
function faultWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'pgdba-faults-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const home = join(folder, 'home');
  const deeds = join(folder, 'deeds');
  mkdirSync(home);
  const task = (id: string): string => `
  - id: ${id}
    uses: exec@1
    with:
      argv: [sh, -c, "echo ${id} >> ${deeds}; touch ${join(folder, id)}; printf %06000d 0", "${'x'.repeat(6000)}"]
      done_when: { argv: [test, -e, "${join(folder, id)}"] }`;
  const playbook = join(folder, 'faults.yaml');
  const head = 'apiVersion: pgdba/v1\nkind: Playbook\nname: faults\nversion: "1.0.0"\nsummary: Two deeds.\n';
  writeFileSync(playbook, `${head}risk: disruptive\ntarget: none\ntasks:${task('a')}${task('b')}\n`);
  return {
    home,
    playbook,
    deeds: () => (existsSync(deeds) ? readFileSync(deeds, 'utf8').trim().split('\n') : []),
    /** Runs pgdba; `under`: what watches over it. */
    pgdba(args: readonly string[], under: readonly string[] = []) {
      const [program = '', ...rest] = [...under, process.execPath, launcher, ...args];
      const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], PGDBA_HOME: home };
      const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8', env });
      return { exit: status, stdout, stderr };
    },
  };
}

type World = ReturnType<typeof faultWorld>;
type Call = ReturnType<World['pgdba']>;

/** The disk is well again: what was begun is gone on with, what never began is started; each deed was done once. */
function expectRecovery(world: World, at: string): void {
  const resumed = world.pgdba(['runs', 'resume', 'last', '--yes']);
  if (resumed.exit !== 0) {
    expect(resumed.stdout, at).toMatch(/RUN_UNKNOWN|RUN_NEVER_BEGAN|RUN_ENDED/);
    if (world.deeds().length === 0) {
      expect(world.pgdba(['run', world.playbook, '--yes']).exit, at).toBe(0);
    }
  }
  expect(world.deeds(), at).toEqual(['a', 'b']);
  const verified = world.pgdba(['runs', 'verify', 'last']);
  expect(JSON.parse(verified.stdout).data, at).toMatchObject({ valid: true, torn_bytes: 0 });
  expect(JSON.parse(world.pgdba(['runs', 'show', 'last']).stdout).data.status, at).toBe('succeeded');
}

function expectClearError({ exit, stdout, stderr }: Call, at: string): void {
  expect(exit, `${at}: ${stderr}`).toBe(74);
  expect(JSON.parse(stdout), at).toMatchObject({ success: false, code: 'JOURNAL_WRITE_FAILED' });
  expect(stderr, at).toMatch(/HINT: .*\n$/);
  expect(stderr, at).not.toMatch(/\n\s+at |node:/);
}

describe('a disk that fails under a run', () => {
  it.each(['fdatasync', 'fsync'])(
    'at any %s: a clear error, nothing lost, and it goes on once the disk is well',
    (call) => {
      let points = 0;
      for (let nth = 1; ; nth += 1) {
        const world = faultWorld();
        const strace = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `inject=${call}:error=EIO:when=${nth}`];
        const ran = world.pgdba(['run', world.playbook, '--yes'], strace);
        if (ran.exit === 0) break;
        points += 1;
        const at = `${call} number ${nth}`;
        expectClearError(ran, at);
        expectRecovery(world, at);
      }
      process.stdout.write(`  ${points} points of ${call}, ${points} passed\n`);
      expect(points).toBeGreaterThan(4);
    },
    240_000,
  );

  it('that is full at any point: a clear error, nothing lost, and it goes on once there is room', () => {
    let points = 0;
    for (let pages = 1; ; pages += 1) {
      const world = faultWorld();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=700', 'tmpfs', world.home], { stdio: 'pipe' });
      try {
        const filler = join(world.home, 'filler');
        appendFileSync(filler, Buffer.alloc((128 - pages) * 4096));
        const ran = world.pgdba(['run', world.playbook, '--yes']);
        if (ran.exit === 0) break;
        points += 1;
        const at = `${pages} free pages`;
        expectClearError(ran, at);
        writeFileSync(filler, '');
        expectRecovery(world, at);
      } finally {
        execFileSync('umount', ['--lazy', world.home]);
      }
    }
    process.stdout.write(`  ${points} sizes of free space, ${points} passed\n`);
    expect(points).toBeGreaterThan(25);
  }, 240_000);

  it('that is read-only makes no run, and still shows what is there', () => {
    const world = faultWorld();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'tmpfs', world.home], { stdio: 'pipe' });
    onTestFinished(() => void execFileSync('umount', ['--lazy', world.home]));
    expect(world.pgdba(['run', world.playbook, '--yes']).exit).toBe(0);
    execFileSync('mount', ['-o', 'remount,ro', world.home]);
    const refused = world.pgdba(['run', world.playbook, '--yes']);
    expect(refused).toMatchObject({ exit: 2, stderr: expect.stringMatching(/HOME_UNUSABLE.*read-only(.|\n)*HINT: /) });
    expect(world.deeds()).toEqual(['a', 'b']);
    expect(JSON.parse(world.pgdba(['runs', 'list']).stdout).data.runs).toMatchObject([{ status: 'succeeded' }]);
    for (const verb of ['show', 'verify', 'tail', 'export']) {
      expect(world.pgdba(['runs', verb, 'last']), verb).toMatchObject({ exit: 0 });
    }
    expect(world.pgdba(['runs', 'doctor']).exit).toBe(0);
  });
});

describe('--events', () => {
  it('are the journal, byte for byte, with the answer as last line', () => {
    const world = faultWorld();
    const { exit, stdout } = world.pgdba(['run', world.playbook, '--yes', '--events']);
    expect(exit).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    const { run } = JSON.parse(lines.at(-1) ?? '');
    const journal = readFileSync(join(world.home, 'runs', run.id, 'journal.jsonl'), 'utf8');
    expect(`${lines.slice(0, -1).join('\n')}\n`).toBe(journal);
    expect(world.pgdba(['runs', 'tail', 'last', '--events']).stdout.split('\n').slice(0, -2).join('\n')).toBe(
      journal.trimEnd(),
    );
  });
});

describe('a journal of a newer pgdba', () => {
  it('is refused by every verb that reads it, with what to do', () => {
    const world = faultWorld();
    expect(world.pgdba(['run', world.playbook, '--yes']).exit).toBe(0);
    const [{ id }] = JSON.parse(world.pgdba(['runs', 'list']).stdout).data.runs;
    const file = join(world.home, 'runs', id, 'journal.jsonl');
    const newer = readFileSync(file, 'utf8').replaceAll('"v":1', '"v":2');
    writeFileSync(file, newer);
    for (const verb of ['show', 'verify', 'export', 'resume', 'tail']) {
      const { exit, stdout } = world.pgdba(['runs', verb, id]);
      expect(exit, verb).toBe(74);
      expect(JSON.parse(stdout), verb).toMatchObject({
        code: 'JOURNAL_TOO_NEW',
        hint: expect.stringContaining('newer'),
      });
    }
    expect(readFileSync(file, 'utf8')).toBe(newer);
  });
});
