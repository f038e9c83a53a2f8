import { type ChildProcessWithoutNullStreams as Child, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStore } from '../../src/journal/file-store.ts';
import { Redactor } from '../../src/secrets/redactor.ts';
import { processesWith } from '../harness/processes.ts';
import { until } from '../harness/until.ts';

/** One call of the lab's pgdba, under way or over. */
export interface Call {
  readonly child: Child;
  stdout(): string;
  stderr(): string;
  /** The last JSON document on stdout. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any field and fails when it is not there
  envelope(): any;
  readonly exit: Promise<number>;
}

/** A home, and a world of files where runs can be held at any place: see cancel-steps. */
export class CancelLab {
  readonly home = mkdtempSync(join(tmpdir(), 'pgdba-cancel-'));
  readonly world = join(this.home, 'world');
  readonly store = fileStore({ home: this.home, redactor: new Redactor() });
  /** Who calls pgdba. */
  actor = 'alice';
  readonly #launcher: string;
  readonly #calls: Call[] = [];

  constructor(launcher: string) {
    this.#launcher = launcher;
    mkdirSync(this.world);
  }

  /** A playbook of a precheck `ready`, tasks `a`, `f` (may not be cancelled) and `b`, and at last `tidy`. */
  playbook(onCancel: 'leave' | 'rollback' = 'leave'): string {
    const step = (id: string, more = '') =>
      `  - {id: ${id}, uses: work@1, with: {in: ${this.world}, name: ${id}}${more}}`;
    return this.write([
      `on_cancel: ${onCancel}`,
      'prechecks:',
      `  - {id: ready, uses: look@1, with: {in: ${this.world}, name: ready}}`,
      'tasks:',
      step('a'),
      step('f', ', cancel: forbidden'),
      step('b'),
      'finally:',
      step('tidy'),
    ]);
  }

  /** A playbook of these lines; answers its file. */
  write(lines: readonly string[]): string {
    const head = ['apiVersion: pgdba/v1', 'kind: Playbook', 'name: lab', 'version: "1.0.0"', 'summary: A lab.'];
    const file = join(this.home, 'lab.yaml');
    writeFileSync(file, [...head, 'target: none', 'risk: safe', ...lines, ''].join('\n'));
    return file;
  }

  start(...argv: string[]): Call {
    return this.spawn(process.execPath, [this.#launcher, ...argv]);
  }

  /** Any program, with the lab's home; `pgdba(…)` gives its command line. */
  spawn(file: string, argv: readonly string[]): Call {
    const env = { PATH: process.env.PATH, PGDBA_HOME: this.home, TERM: 'xterm', PGDBA_ACTOR: this.actor };
    const child = spawn(file, argv, { env, detached: true });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        texts[name] += chunk.toString();
      });
      child[name].on('error', () => undefined);
    }
    // As a shell says it: a signal that meets a process which is already ending kills it.
    const exit = new Promise<number>((resolve) =>
      child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL'])),
    );
    const call: Call = {
      child,
      stdout: () => texts.stdout,
      stderr: () => texts.stderr,
      envelope: () => JSON.parse(texts.stdout.slice(texts.stdout.lastIndexOf('\n{\n') + 1) || 'null'),
      exit,
    };
    this.#calls.push(call);
    return call;
  }

  get commandLine(): string {
    return `${process.execPath} ${this.#launcher}`;
  }

  /** Runs to its end and answers its exit code and envelope. */
  async pgdba(...argv: string[]): Promise<{ exit: number; envelope: ReturnType<Call['envelope']>; stderr: string }> {
    const call = this.start(...argv);
    const exit = await call.exit;
    return { exit, envelope: call.envelope(), stderr: call.stderr() };
  }

  put(name: string): void {
    writeFileSync(join(this.world, name), '');
  }

  has(name: string): boolean {
    return existsSync(join(this.world, name));
  }

  /** Holds whatever comes to this place: `b.apply`, `ready.look`. */
  hold(place: string): void {
    this.put(`${place}.held`);
  }

  letGo(place: string): void {
    rmSync(join(this.world, `${place}.held`));
  }

  /** The run has come to this place. */
  async reached(place: string): Promise<void> {
    await until(`the run to reach ${place}`, () => this.has(`${place}.began`));
  }

  /** What the steps did: `apply a`, `undo a`. */
  deeds(): string[] {
    const file = join(this.world, 'deeds');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** The only run of this home. */
  get run(): string {
    const [run = ''] = readdirSync(join(this.home, 'runs')).filter((name) => name.length === 26);
    return run;
  }

  /** As `runs list` shows it. */
  async status(): Promise<string | undefined> {
    return (await this.store.summary(this.run))?.status;
  }

  /** `type task` of every record, in order. */
  trail(): string[] {
    const file = join(this.home, 'runs', this.run, 'journal.jsonl');
    const records = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return records.map(({ type, task = '' }) => `${type} ${task}`.trim());
  }

  async remove(): Promise<void> {
    for (const { child } of this.#calls) child.kill('SIGKILL');
    // Those that a terminal or a shell has started, too.
    for (const { pid } of processesWith(this.home)) process.kill(pid, 'SIGKILL');
    await Promise.all(this.#calls.map(({ exit }) => exit));
    rmSync(this.home, { recursive: true, force: true });
  }
}
