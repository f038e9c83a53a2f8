import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { processStat } from '../../../../src/journal/process-identity.ts';
import { backdateLease } from '../../../harness/backdate-lease.ts';
import { until } from '../../../harness/until.ts';

let built: string;
let program: string;

beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), 'pgdba-racer-'));
  program = join(built, 'racer.mjs');
  const bundle = await rolldown({ input: join(import.meta.dirname, 'racer.ts'), platform: 'node' });
  await bundle.write({ file: program, format: 'esm' });
  await bundle.close();
}, 60_000);

afterAll(() => rmSync(built, { recursive: true, force: true }));

interface Racer {
  readonly child: ChildProcess;
  ask(command: string): Promise<string>;
  kill(): Promise<void>;
}

function race() {
  const home = mkdtempSync(join(tmpdir(), 'pgdba-race-'));
  const all: Racer[] = [];
  onTestFinished(async () => {
    await Promise.all(all.map((racer) => racer.kill()));
    rmSync(home, { recursive: true, force: true });
  });
  return {
    home,
    start(name: string): Racer {
      const child = spawn(process.execPath, [program, home, name], { stdio: ['pipe', 'pipe', 'inherit'] });
      const lines = createInterface({ input: child.stdout });
      const racer: Racer = {
        child,
        ask(command) {
          child.stdin.write(`${command}\n`);
          return nextLine(lines, child);
        },
        async kill() {
          if (child.exitCode !== null || child.signalCode !== null) return;
          child.kill('SIGKILL');
          await once(child, 'exit');
        },
      };
      // A racer that is killed while it is written to.
      child.stdin.on('error', () => undefined);
      all.push(racer);
      return racer;
    },
  };
}

/** The next answer, or `killed`. */
async function nextLine(lines: Interface, child: ChildProcess): Promise<string> {
  const stop = new AbortController();
  const answer = once(lines, 'line', { signal: stop.signal }).then(([line]) => String(line));
  const end = once(child, 'exit', { signal: stop.signal }).then(() => 'killed');
  try {
    return await Promise.race([answer, end]);
  } finally {
    stop.abort();
    await Promise.allSettled([answer, end]);
  }
}

describe('many programs that want one lease', () => {
  it('let exactly one win, also when all find the last holder dead at the same moment', async () => {
    const { start } = race();
    const racers = Array.from({ length: 6 }, (_, n) => start(`run-${n}`));
    let last = 0;
    for (let round = 0; round < 12; round++) {
      const answers = await Promise.all(racers.map((racer) => racer.ask('take')));
      const winners = racers.filter((_, n) => answers[n]?.startsWith('took'));
      expect(winners, `round ${round}: ${answers.join(', ')}`).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'LEASE_BUSY')).toHaveLength(racers.length - 1);
      const token = Number(answers.find((answer) => answer.startsWith('took'))?.split(' ')[1]);
      expect(token).toBeGreaterThan(last);
      last = token;

      const [winner] = winners;
      if (!winner) break;
      if (round % 3 === 2) {
        await winner.ask('release');
      } else {
        await winner.kill();
        racers.splice(racers.indexOf(winner), 1, start(`run-${round}-new`));
      }
    }
  }, 60_000);

  it('are never inside together, while some of them are killed at any point', async () => {
    const { start, home } = race();
    const times = 60;
    const tokens: number[] = [];
    let killed = 0;
    const one = async (name: string, lives: number): Promise<void> => {
      const racer = start(name);
      const answer = racer.ask(String(times));
      if (lives > 0) {
        // Somewhere in the middle of taking, holding or giving back: when the directory has changed often enough.
        await Promise.race([changes(home, 20 + lives * 7), answer]);
        await racer.kill();
      }
      const said = await answer;
      if (said === 'killed') killed++;
      expect(said).not.toContain('overlap');
      if (said.startsWith('tokens')) tokens.push(...said.split(' ').slice(1).map(Number));
      if (lives > 0) await one(`${name}+`, lives - 1);
    };
    await Promise.all([one('steady', 0), one('steady too', 0), one('mortal', 6), one('mortal too', 6)]);

    expect(new Set(tokens).size).toBe(tokens.length);
    expect(tokens.length).toBeGreaterThanOrEqual(4 * times);
    expect(killed).toBeGreaterThan(3);
    const left = readdirSync(join(home, 'leases', 'demo')).filter((name) => !name.startsWith('.'));
    expect(left).toEqual(['topology.token']);
  }, 90_000);
});

describe('a program that is stopped, and goes on after its lease was taken over', () => {
  it('is refused its next step; who took over keeps the lease', async () => {
    const { start, home } = race();
    const [sleeper, second] = [start('sleeper'), start('second')];
    expect(await sleeper.ask('take')).toBe('took 1');
    expect(await sleeper.ask('work')).toBe('worked');
    sleeper.child.kill('SIGSTOP');
    await until('it to stand still', () => processStat(sleeper.child.pid ?? 0)?.state === 'T');
    expect(await second.ask('take')).toBe('LEASE_BUSY');
    backdateLease(join(home, 'leases', 'demo', 'topology'), 31_000);
    expect(await second.ask('take')).toBe('took 2');
    sleeper.child.kill('SIGCONT');
    expect(await sleeper.ask('work')).toBe('LEASE_LOST');
    expect(await sleeper.ask('release')).toBe('released');
    expect(await second.ask('work')).toBe('worked');
  });
});

/** Resolves when the directory of the lease looked different `count` times, or after a second. */
async function changes(home: string, count: number): Promise<void> {
  const directory = join(home, 'leases', 'demo');
  const until = performance.now() + 1_000;
  let before = '';
  for (let seen = 0; seen < count && performance.now() < until; ) {
    await new Promise(setImmediate);
    const now = listing(directory);
    if (now !== before) seen++;
    before = now;
  }
}

function listing(directory: string): string {
  try {
    return readdirSync(directory).join();
  } catch {
    return '';
  }
}
