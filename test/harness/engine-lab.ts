import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineParts } from '../../src/engine/engine-parts.ts';
import type { Plan } from '../../src/engine/plan.ts';
import { planRun } from '../../src/engine/plan-run.ts';
import type { Prompt, RunReport } from '../../src/engine/report.ts';
import { resumeRun } from '../../src/engine/resume-run.ts';
import { type RunOrder, startRun } from '../../src/engine/start-run.ts';
import { PgdbaError } from '../../src/errors/pgdba-error.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { fileStore } from '../../src/journal/file-store.ts';
import { memoryStore } from '../../src/journal/memory-store.ts';
import type { AnyRecord } from '../../src/journal/record.ts';
import { bindInputs } from '../../src/playbook/bind-inputs.ts';
import { loadPlaybook } from '../../src/playbook/load.ts';
import { localProvider } from '../../src/providers/local/index.ts';
import { Redactor } from '../../src/secrets/redactor.ts';
import { Registry, type StepIndex } from '../../src/step/registry.ts';
import { World } from '../../src/world/world.ts';
import { labProbes, labSteps } from './lab-steps.ts';

/** What a test may say about one run. */
export interface LabOrder {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly yes?: boolean;
  readonly prompt?: Prompt | null;
  readonly signal?: AbortSignal;
  readonly onRecord?: (record: AnyRecord) => void;
  /** What the run tells of its progress. */
  readonly onNote?: (note: string) => void;
  /** A cluster of the inventory that the run is about; no step of the lab touches it. */
  readonly cluster?: string;
  readonly decisions?: ReadonlyMap<string, 'done' | 'not-done'>;
  readonly drift?: 'reapply' | 'accept';
  readonly newVersion?: boolean;
  /** Prechecks that shall not stop it, and why. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Another operator. */
  readonly actor?: string;
}

/**
 * The real engine, journal and world on a small world of files: `ensure@1` makes a file, `look@1` reads one. So a test
 * sees every effect, and can make the world fail by what it puts into it.
 */
export class EngineLab {
  readonly home: string;
  readonly world: string;
  readonly redactor = new Redactor();
  readonly parts: EngineParts;
  readonly #children = new Map<string, string>();

  constructor(home: string, index: StepIndex = labSteps) {
    this.home = home;
    this.world = join(home, 'world');
    mkdirSync(this.world, { recursive: true });
    const inventory = new Inventory(home);
    const { redactor } = this;
    this.parts = {
      home,
      version: '0.0.0',
      actor: 'tester',
      host: 'lab',
      store: fileStore({ home, redactor }),
      memory: memoryStore({ redactor }),
      registry: new Registry(index, labProbes),
      inventory,
      world: new World({ inventory, redactor, provider: async () => localProvider({ home }) }),
      redactor,
      maxRisk: null,
      notifier: null,
    };
  }

  /** Runs a playbook given by everything below `target: none`. */
  async run(body: string, order: LabOrder = {}): Promise<RunReport> {
    return startRun(this.parts, await this.order(body, order), this.attendance(order));
  }

  /** What the run would do. */
  async plan(body: string, order: LabOrder = {}): Promise<Plan> {
    return planRun(this.parts, await this.order(body, order), this.attendance(order));
  }

  resume(run: string, order: LabOrder = {}): Promise<RunReport> {
    return this.goOn(run, 'forward', order);
  }

  rollback(run: string, order: LabOrder = {}): Promise<RunReport> {
    return this.goOn(run, 'rollback', order);
  }

  cancel(run: string, order: LabOrder = {}): Promise<RunReport> {
    return this.goOn(run, 'cancel', order);
  }

  private goOn(run: string, purpose: 'forward' | 'rollback' | 'cancel', order: LabOrder): Promise<RunReport> {
    const consent = { yes: false, confirm: false, retry: `pgdba runs resume ${run}` };
    const { decisions = new Map(), drift = null, newVersion = false, actor = this.parts.actor } = order;
    const resume = { run, purpose, name: null, consent, decisions, drift, newVersion, reason: null };
    return resumeRun({ ...this.parts, actor }, resume, this.attendance(order));
  }

  /** `type task[item]` of every record of a run, in order. */
  async trail(run: string | null): Promise<string[]> {
    const records = await this.parts.store.read(run ?? '');
    return records.map(({ type, task, item }) =>
      [type, task ? `${task}${item ? `[${item}]` : ''}` : ''].join(' ').trim(),
    );
  }

  records(run: string | null): Promise<readonly AnyRecord[]> {
    return this.parts.store.read(run ?? '');
  }

  exists(name: string): boolean {
    return existsSync(join(this.world, name));
  }

  read(name: string): string {
    return readFileSync(join(this.world, name), 'utf8');
  }

  put(name: string, text = ''): void {
    writeFileSync(join(this.world, name), text);
  }

  remove(name: string): void {
    rmSync(join(this.world, name), { recursive: true });
  }

  /** What the steps did, in order: `apply a`, `rollback a`. */
  deeds(): string[] {
    const file = join(this.world, 'deeds');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** A playbook that others may start as `playbook:./NAME.yaml`, given like that of `run`. */
  child(name: string, body: string): void {
    this.#children.set(`${name}.yaml`, this.#source(name, body, 'none'));
  }

  /** What a run of this playbook would be ordered with. */
  async order(body: string, order: LabOrder = {}): Promise<RunOrder> {
    const source = this.#source('lab', body, order.cluster ? 'cluster' : 'none');
    const playbook = await loadPlaybook(source, 'lab.yaml', this.parts.registry, async (file) => {
      const child = this.#children.get(file);
      if (child === undefined) throw new PgdbaError('FILE_NOT_FOUND', { facts: { file, problem: 'the lab has none' } });
      return { file, source: child };
    });
    const given = Object.entries(order.inputs ?? {}).map(([name, value]) => [name, { value, origin: name }] as const);
    return {
      playbook,
      inputs: JSON.parse(JSON.stringify(bindInputs(playbook, new Map(given)))),
      target: { name: order.cluster ?? null, named: true, patroni_url: null, provider: 'local' },
      consent: { yes: order.yes ?? false, confirm: false, retry: 'pgdba run lab.yaml' },
      reason: null,
      journal: false,
      overrides: new Map(Object.entries(order.overrides ?? {})),
      plan: null,
    };
  }

  #source(name: string, body: string, target: string): string {
    const risk = body.includes('risk:') ? '' : 'risk: safe\n';
    const head = `apiVersion: pgdba/v1\nkind: Playbook\nname: ${name}\nversion: "1.0.0"\nsummary: A lab.\ntarget: ${target}\n`;
    return `${head}${risk}${body.replaceAll('WORLD', this.world)}`;
  }

  private attendance({ prompt = null, signal, onRecord, onNote }: LabOrder) {
    return {
      observer: {
        onRecord: (record: AnyRecord) => onRecord?.(record),
        onProgress: ({ note }: { note: string }) => onNote?.(note),
      },
      prompt,
      signal: signal ?? new AbortController().signal,
      waitMs: 0,
    };
  }
}
