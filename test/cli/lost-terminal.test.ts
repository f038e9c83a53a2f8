import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../harness/until.ts';
import { type Call, CancelLab } from './cancel-lab.ts';
import { buildLabProgram, type LabProgram } from './lab-program.ts';

describe('a run whose terminal or reader goes', () => {
  let program: LabProgram;
  let lab: CancelLab;
  beforeAll(async () => {
    program = await buildLabProgram();
  });
  afterAll(() => program.remove());
  beforeEach(() => {
    lab = new CancelLab(program.launcher);
  });
  afterEach(() => lab.remove());

  const ended = () => until('the run to be let go of', async () => (await lab.status()) !== 'running');
  /** pgdba on a terminal of its own; killing `script` takes that away. */
  const onTerminal = (words: string): Call =>
    lab.spawn('script', ['--quiet', '--return', '--command', `exec ${lab.commandLine} ${words}`, '/dev/null']);

  it('goes on after its first intent, and the journal tells how it ended', async () => {
    lab.hold('b.apply');
    const terminal = onTerminal(`run ${lab.playbook()}`);
    await lab.reached('b.apply');
    await until('the live tree', () => terminal.stdout().includes('\u001b[?25l'));
    terminal.child.kill('SIGKILL');
    await terminal.exit;
    lab.letGo('b.apply');
    await ended();
    expect(await lab.pgdba('runs', 'show', 'last')).toMatchObject({
      exit: 0,
      envelope: { data: { status: 'succeeded' } },
    });
    expect(lab.deeds()).toEqual(['apply a', 'apply f', 'apply b', 'apply tidy']);
  });

  it('stops before its first intent', async () => {
    lab.hold('ready.look');
    const terminal = onTerminal(`run ${lab.playbook()}`);
    await lab.reached('ready.look');
    terminal.child.kill('SIGKILL');
    await ended();
    expect(await lab.status()).toBe('interrupted');
    expect(lab.deeds()).toEqual([]);
  });

  it('goes on while it undoes, too', async () => {
    lab.put('b.fails');
    lab.hold('f.undo');
    const terminal = onTerminal(`run ${lab.playbook()}`);
    await lab.reached('f.undo');
    terminal.child.kill('SIGKILL');
    await terminal.exit;
    lab.letGo('f.undo');
    await ended();
    expect(await lab.status()).toBe('rolled-back');
  });

  it('takes a question that nobody can answer any more for a no', async () => {
    const task = (id: string, more = '') =>
      `  - {id: ${id}, uses: work@1, with: {in: ${lab.world}, name: ${id}}${more}}`;
    const terminal = onTerminal(`run ${lab.write(['tasks:', task('a'), task('b', ', confirm: "Go on?"')])}`);
    await until('the question', () => terminal.stdout().includes('Go on? [y/N]'));
    terminal.child.kill('SIGKILL');
    await ended();
    expect(await lab.status()).toBe('rolled-back');
    expect(lab.deeds()).toEqual(['apply a', 'undo a']);
  });

  it('stops at `--events | head -1`: nothing was changed yet', async () => {
    lab.hold('a.check');
    const pipe = lab.spawn('sh', ['-c', `${lab.commandLine} run ${lab.playbook()} --events | head -1`]);
    expect(await pipe.exit).toBe(0);
    expect(JSON.parse(pipe.stdout())).toMatchObject({ type: 'run.created', run: lab.run });
    await ended();
    expect(await lab.status()).toBe('interrupted');
    expect(lab.deeds()).toEqual([]);
  });

  it('does its work though nobody reads the answer', async () => {
    lab.hold('b.apply');
    const call = lab.start('run', lab.playbook());
    await lab.reached('b.apply');
    call.child.stdout.destroy();
    call.child.stderr.destroy();
    lab.letGo('b.apply');
    expect(await call.exit).toBe(0);
    expect(await lab.status()).toBe('succeeded');
  });

  describe('at the first Ctrl-C of a person', () => {
    const question = 'Undo what this run has changed?';
    async function asked(): Promise<Call> {
      lab.hold('b.apply');
      const terminal = onTerminal(`run ${lab.playbook()}`);
      await lab.reached('b.apply');
      terminal.child.stdin.write('\u0003');
      await until('the question', () => terminal.stdout().includes(question));
      return terminal;
    }

    it.each([
      ['y', 5, 'rolled-back', ['undo b', 'undo f', 'undo a', 'apply tidy']],
      ['', 130, 'interrupted', []],
    ])('asks what becomes of the run: %j', async (typed, exit, status, after) => {
      const terminal = await asked();
      terminal.child.stdin.write(`${typed}\r`);
      expect(await terminal.exit).toBe(exit);
      expect(await lab.status()).toBe(status);
      expect(lab.deeds()).toEqual(['apply a', 'apply f', ...after]);
    });

    it('leaves at once when the second comes in place of an answer', async () => {
      const terminal = await asked();
      terminal.child.stdin.write('\u0003');
      expect(await terminal.exit).toBe(130);
      expect(await lab.status()).toBe('interrupted');
      expect(lab.deeds()).toEqual(['apply a', 'apply f']);
    });

    it('leaves the run when the terminal goes before there is an answer', async () => {
      const terminal = await asked();
      terminal.child.kill('SIGKILL');
      await ended();
      expect(await lab.status()).toBe('interrupted');
    });
  });

  describe('at the second Ctrl-C', () => {
    /** A program that does not care about SIGTERM, with a child that does not either. */
    const stubborn = () => {
      const file = join(lab.world, 'pid');
      const script = `trap '' TERM; sleep 600 & echo $$ > ${file}.new; mv ${file}.new ${file}; wait; sleep 600`;
      return lab.write(['tasks:', `  - {id: a, uses: program@1, with: {argv: [sh, -c, "${script}"]}}`]);
    };

    it('no program of the run is left, nothing takes longer than two seconds, the answer names the next command', async () => {
      const call = lab.start('run', stubborn());
      await until('the program', () => lab.has('pid'));
      const leader = Number(readFileSync(join(lab.world, 'pid'), 'utf8'));
      expect(membersOf(leader)).toHaveLength(2);
      call.child.kill('SIGINT');
      await until('the first to be heard', () => call.stderr().includes('Ctrl-C again'));
      const began = performance.now();
      call.child.kill('SIGINT');
      expect(await call.exit).toBe(130);
      expect(performance.now() - began).toBeLessThan(2_000);
      expect(membersOf(leader)).toEqual([]);
      expect(call.envelope()).toMatchObject({
        code: 'INTERRUPTED',
        hint: `go on with: pgdba runs resume ${lab.run}`,
        run: { id: lab.run, status: 'interrupted' },
      });
      expect(await lab.status()).toBe('interrupted');
    });

    it('of a person, the terminal is left in order', async () => {
      lab.hold('f.apply');
      const terminal = onTerminal(`run ${lab.playbook()}`);
      await lab.reached('f.apply');
      terminal.child.stdin.write('\u0003');
      await until('the first to be heard', () => terminal.stdout().includes('Ctrl-C again'));
      terminal.child.stdin.write('\u0003');
      expect(await terminal.exit).toBe(130);
      const text = terminal.stdout();
      expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'));
      expect(text).toContain(`pgdba runs resume ${lab.run}`);
    });
  });
});

/** Processes of a group that live. */
function membersOf(group: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const [, state, , pgrp] = /\) (\S) (\d+) (\d+)/.exec(statOf(pid)) ?? [];
      return Number(pgrp) === group && state !== 'Z' && state !== 'X';
    });
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}
