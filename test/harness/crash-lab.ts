import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listLeases } from '../../src/engine/lease/list-leases.ts';
import type { RunReport } from '../../src/engine/report.ts';
import { PgdbaError } from '../../src/errors/pgdba-error.ts';
import { livingChildren } from '../../src/journal/children.ts';
import { findLivingGuard } from '../../src/journal/guard-presence.ts';
import type { RunSummary } from '../../src/journal/store.ts';
import { type CrashVariant, crashChild, crashPlaybook } from './crash-playbook.ts';
import { crashSteps } from './crash-steps.ts';
import { EngineLab } from './engine-lab.ts';
import type { FakePooler } from './fake-pooler.ts';
import { labCluster, registerLabCluster } from './lab-cluster.ts';
import { type ScratchHome, scratchHome } from './scratch-home.ts';

/** The engine on a world of files, opened on a home that a crashed process may have left. */
export function openCrashLab(home: string): EngineLab {
  const lab = new EngineLab(home, crashSteps);
  lab.child('part', crashChild);
  return lab;
}

export function runCrashPlaybook(lab: EngineLab, variant: CrashVariant): Promise<RunReport> {
  return lab.run(crashPlaybook(variant), { cluster: labCluster });
}

/** A world of its own for one crash point, with a pooler that a guard can let go. */
export class CrashWorld {
  readonly home: ScratchHome;
  readonly lab: EngineLab;
  readonly #variant: CrashVariant;
  readonly #pooler: FakePooler;

  private constructor(home: ScratchHome, lab: EngineLab, variant: CrashVariant, pooler: FakePooler) {
    this.home = home;
    this.lab = lab;
    this.#variant = variant;
    this.#pooler = pooler;
  }

  static async make(variant: CrashVariant): Promise<CrashWorld> {
    const home = await scratchHome();
    const lab = openCrashLab(home.path);
    const pooler = await registerLabCluster(lab);
    for (const [name, text] of Object.entries({ list: 'x y z', ready: '', 'flaky.flaky': '1', ...variant.world })) {
      lab.put(name, text);
    }
    return new CrashWorld(home, lab, variant, pooler);
  }

  async remove(): Promise<void> {
    await this.#pooler.close();
    await this.home.remove();
  }

  /** The operator: starts the run, or resumes it until it has ended, and answers from the world when he is asked. */
  async finish(): Promise<RunReport> {
    for (let drives = 0; drives < 12; drives++) {
      const report = await this.#goOn();
      if (report.status === 'needs-decision') await this.#decideInChild();
      else if (report.status !== 'interrupted') return report;
    }
    throw new Error('the run does not come to its end');
  }

  async #goOn(): Promise<RunReport> {
    const [newest] = await this.lab.parts.store.list({ limit: 1, children: false });
    if (!newest) return runCrashPlaybook(this.lab, this.#variant);
    try {
      return await this.lab.resume(newest.id, { decisions: await this.#decisions(newest) });
    } catch (thrown) {
      if (!(thrown instanceof PgdbaError)) throw thrown;
      // Killed before its first record: the operator is told to start it again.
      if (thrown.code === 'RUN_UNKNOWN' || thrown.code === 'RUN_NEVER_BEGAN')
        return runCrashPlaybook(this.lab, this.#variant);
      if (thrown.code === 'RUN_ENDED') return this.#reportOf(newest);
      throw thrown;
    }
  }

  async #decideInChild(): Promise<void> {
    const runs = await this.lab.parts.store.list({ limit: 20 });
    const child = runs.find(({ parent, status }) => parent !== null && status === 'needs-decision');
    if (!child) return;
    await this.lab.resume(child.id, { decisions: await this.#decisions(child) });
  }

  /** What the operator sees in the world of the event that nobody can prove. */
  async #decisions({ id, status }: RunSummary): Promise<Map<string, 'done' | 'not-done'>> {
    if (status !== 'needs-decision') return new Map();
    const records = await this.lab.records(id);
    const parked = records.findLast(({ type }) => type === 'run.parked');
    const task = parked?.type === 'run.parked' ? String(parked.data.error?.facts['task']) : '';
    const intent = records.findLast((record) => record.type === 'task.intent' && record.task === task);
    if (intent?.type !== 'task.intent' || !intent.data.uses.startsWith('toll')) return new Map();
    const { name } = intent.data.params as { name: string };
    return new Map([[task, this.lab.exists(name) ? 'done' : 'not-done']]);
  }

  async #reportOf({ id }: RunSummary): Promise<RunReport> {
    const last = (await this.lab.records(id)).at(-1);
    if (last?.type !== 'run.ended') throw new Error(`run ${id} has not ended`);
    return { ...last.data, id, playbook: 'lab', version: '1.0.0', cluster: labCluster };
  }

  /** Every file but the diary of deeds, run ids made equal: what two ends of the same run have in common. */
  endState(): Record<string, string> {
    const names = readdirSync(this.lab.world).filter((name) => name !== 'deeds');
    const text = (name: string) => readFileSync(join(this.lab.world, name), 'utf8');
    return Object.fromEntries(names.sort().map((name) => [name, text(name).replace(/[0-9A-HJKMNP-TV-Z]{26}/g, 'RUN')]));
  }

  /** Every record of every run, the newest run first: for whoever has to find out what went wrong. */
  async trails(): Promise<string[]> {
    const runs = await this.lab.parts.store.list({ limit: 50 });
    return Promise.all(
      runs.map(async ({ id }) => `${id}: ${(await this.lab.trail(id).catch(() => ['unreadable'])).join(', ')}`),
    );
  }

  /** What must not be left when all is over; each a sentence. */
  async leftovers(): Promise<string[]> {
    // What a dead process had, anybody may have: that is no leftover.
    const leases = listLeases(this.home.path).filter(({ state }) => state !== 'dead');
    const left = leases.map(({ key, run, state }) => `lease ${key} of ${run} is ${state}`);
    for (const { id, status } of await this.lab.parts.store.list({ limit: 50 })) {
      const directory = join(this.home.path, 'runs', id);
      const recorded = await this.lab.parts.store.verify(id).catch((thrown: unknown) => thrown);
      if (recorded instanceof PgdbaError && recorded.code === 'RUN_UNKNOWN') continue;
      if (recorded instanceof Error) left.push(`journal ${id}: ${recorded.message}`);
      if (findLivingGuard(directory)) left.push(`a guard of ${id} lives`);
      left.push(...livingChildren(join(directory, 'children')).map(({ argv0 }) => `${argv0} of ${id} lives`));
      if (status === 'running') left.push(`run ${id} shows as running`);
    }
    return left;
  }
}
