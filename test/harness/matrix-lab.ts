import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ulid } from 'ulid';
import { listLeases } from '../../src/engine/lease/list-leases.ts';
import { livingChildren } from '../../src/journal/children.ts';
import { findLivingGuard } from '../../src/journal/guard-presence.ts';
import type { CrashProgram } from './build-crash-program.ts';
import { EngineLab } from './engine-lab.ts';
import type { FakePooler } from './fake-pooler.ts';
import { labCluster, registerLabCluster } from './lab-cluster.ts';
import { matrixSteps } from './matrix-steps.ts';
import { type ScratchHome, scratchHome } from './scratch-home.ts';
import { type KillPoint, killAt } from './strace.ts';
import { until } from './until.ts';

const nobody = 65_534;

export function openMatrixLab(home: string, child: string): EngineLab {
  const lab = new EngineLab(home, matrixSteps);
  lab.child('part', child);
  return lab;
}

/** A home and a world for one point of a matrix. */
export class MatrixWorld {
  readonly lab: EngineLab;
  readonly #home: ScratchHome;
  readonly #child: string;
  readonly #pooler: FakePooler;

  private constructor(home: ScratchHome, lab: EngineLab, child: string, pooler: FakePooler) {
    this.#home = home;
    this.lab = lab;
    this.#child = child;
    this.#pooler = pooler;
  }

  static async make(child: string): Promise<MatrixWorld> {
    const home = await scratchHome();
    const lab = openMatrixLab(home.path, child);
    return new MatrixWorld(home, lab, child, await registerLabCluster(lab));
  }

  get path(): string {
    return this.#home.path;
  }

  async remove(): Promise<void> {
    await this.#pooler.close();
    await this.#home.remove();
  }

  /** Runs, or resumes, in a process of its own; answers when it is gone, by whatever, and what it said. */
  async runApart(program: string, body: string, run?: string): Promise<string> {
    return this.startApart(program, body, run).said;
  }

  /** The same as an account that may read this home, and write nothing in it. */
  async runAsNobody(program: CrashProgram, body: string, run?: string): Promise<string> {
    for (const folder of [this.path, program.folder]) execFileSync('chmod', ['-R', 'a+rX', folder]);
    return this.startApart(program.file, body, run, { uid: nobody, gid: nobody }).said;
  }

  /** Runs in a process of its own that is killed at this point of its journal; answers the run's id. */
  async killApart(program: string, body: string, point: KillPoint): Promise<string> {
    writeFileSync(join(this.path, 'order.json'), JSON.stringify({ body, child: this.#child }));
    const run = ulid();
    const env = { PATH: process.env['PATH'], FIXED_ULIDS: run };
    const files = [join(this.path, 'runs', run, 'journal.jsonl')];
    if (!(await killAt({ argv: [process.execPath, program, this.path], env, files }, point))) {
      throw new Error('it ended before it came to that point');
    }
    return run;
  }

  startApart(
    program: string,
    body: string,
    run?: string,
    account = {},
  ): { child: ChildProcess; said: Promise<string> } {
    writeFileSync(join(this.path, 'order.json'), JSON.stringify({ body, child: this.#child }));
    const env = { PATH: process.env['PATH'], FIXED_ULIDS: [ulid(), ulid()].join(',') };
    const child = spawn(process.execPath, [program, this.path, ...(run ? [run] : [])], { env, ...account });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    return { child, said: once(child, 'close').then(() => said.trim()) };
  }

  /** Whatever comes to this place waits: `b.apply`. */
  hold(place: string): void {
    this.lab.put(`${place}.held`);
  }

  letGo(place: string): void {
    rmSync(join(this.lab.world, `${place}.held`), { force: true });
  }

  async reached(place: string): Promise<void> {
    await until(`the run to reach ${place}`, () => this.lab.exists(`${place}.began`), 10_000);
  }

  /** Names that a deed was done to, in order. */
  deeds(verb: 'apply' | 'undo'): string[] {
    return this.lab.deeds().flatMap((deed) => (deed.startsWith(`${verb} `) ? [deed.slice(verb.length + 1)] : []));
  }

  /** Those of them that are there. */
  present(names: readonly string[]): string[] {
    return names.filter((name) => this.lab.exists(name));
  }

  /** How the cluster is leased: by nobody, or the state of each key. */
  leases(): string[] {
    return listLeases(this.path).flatMap(({ state }) => (state === 'dead' ? [] : [state]));
  }

  /** Guards and programs of any run that still live. */
  async programs(): Promise<string[]> {
    const runs = await this.lab.parts.store.list({ limit: 20 });
    return runs.flatMap(({ id }) => {
      const directory = join(this.path, 'runs', id);
      const guard = findLivingGuard(directory) ? [`a guard of ${id}`] : [];
      return [...guard, ...livingChildren(join(directory, 'children')).map(({ argv0 }) => `${argv0} of ${id}`)];
    });
  }

  async run(body: string, order: Parameters<EngineLab['run']>[1] = {}): ReturnType<EngineLab['run']> {
    return this.lab.run(body, { ...order, cluster: labCluster });
  }
}
