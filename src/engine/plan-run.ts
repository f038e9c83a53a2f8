import { ulid } from 'ulid';
import { asPgdbaError, type ErrorData } from '../errors/pgdba-error.ts';
import type { Json } from '../journal/record.ts';
import type { Task } from '../playbook/playbook.ts';
import type { Change, Pending, Satisfied, Unknown } from '../step/answers.ts';
import type { AnyStep } from '../step/define-step.ts';
import { checkRiskCap } from './consent.ts';
import { refusalOf } from './decide.ts';
import type { DriveContext } from './drive-context.ts';
import type { Attendance, EngineParts } from './engine-parts.ts';
import { lend } from './lend.ts';
import { loadSteps } from './load-steps.ts';
import { openDrive } from './open-drive.ts';
import { renderParams } from './params.ts';
import { plainResult } from './plain-result.ts';
import type { Plan, PlannedTask } from './plan.ts';
import { describeTarget, resolveTarget } from './resolve-target.ts';
import type { RunOrder } from './start-run.ts';

/**
 * `--check`: prechecks and checks really look, by read-only sessions and GET, with no lease and a journal in memory.
 * From the first task that would change something, predicted results flow on, and what cannot be known is called so.
 */
export async function planRun(parts: EngineParts, order: RunOrder, attendance: Attendance): Promise<Plan> {
  const { playbook, inputs } = order;
  checkRiskCap(playbook.risk, parts.maxRisk);
  const loaded = await loadSteps(playbook, parts.registry);
  const resolved = await resolveTarget(playbook.target, order.target, parts.inventory);
  const { target } = resolved;
  if (target) await parts.world.requireProvider(target);
  const { name, version, source, file } = playbook;
  const id = ulid();
  const cluster = target?.name ?? null;
  const journal = await parts.memory.create({
    id,
    playbook: name,
    version,
    cluster,
    actor: parts.actor,
    reason: null,
    source,
    file,
  });
  const { world, redactor } = parts;
  const { observer } = attendance;
  const common = { journal, playbook, ...loaded, target, world, redactor, lease: null, prompt: null, agreed: false };
  const planner = new Planner(openDrive({ ...common, observer }), inputs, describeTarget(resolved), attendance.signal);
  return planner.plan();
}

class Planner {
  readonly #drive: DriveContext;
  readonly #inputs: Readonly<Record<string, Json>>;
  readonly #target: Json;
  readonly #signal: AbortSignal;
  /** Results so far, real or predicted, as expressions see them. */
  readonly #tasks: Record<string, { status: string; changed: boolean; out?: Json; items?: Record<string, Json> }> = {};
  /** The first task that would change something: what looks at the world after it sees another one. */
  #changed: string | null = null;
  #refusals: { task: Task; error: ErrorData }[] = [];

  constructor(drive: DriveContext, inputs: Readonly<Record<string, Json>>, target: Json, signal: AbortSignal) {
    this.#drive = drive;
    this.#inputs = inputs;
    this.#target = target;
    this.#signal = signal;
  }

  async plan(): Promise<Plan> {
    const { playbook } = this.#drive;
    const tasks: PlannedTask[] = [];
    for (const task of playbook.prechecks) tasks.push(...(await this.#planTask(task)));
    for (const task of [...playbook.tasks, ...playbook.finally]) tasks.push(...(await this.#planTask(task)));
    return {
      playbook: playbook.name,
      version: playbook.version,
      target: this.#target,
      risk: playbook.risk,
      changes: tasks.filter(({ is }) => is === 'change').length,
      tasks,
      refusal: this.#refusals.length > 0 ? refusalOf(this.#refusals) : null,
    };
  }

  async #planTask(task: Task): Promise<PlannedTask[]> {
    try {
      if (task.when && task.when.evaluate(this.#scope()) !== true) {
        this.#tasks[task.id] = { status: 'skipped', changed: false };
        return [this.#row(task, null, { is: 'skip', summary: `not when: ${task.when.text}` })];
      }
      if (!task.for_each) return [await this.#planUnit(task, null, this.#scope())];
      const list = task.for_each.in.evaluate(this.#scope());
      const loop = task.for_each;
      const rows: PlannedTask[] = [];
      const items: Record<string, Json> = {};
      for (const value of Array.isArray(list) ? list : []) {
        const scope = { ...this.#scope(), [loop.as]: value };
        const key = String(loop.key.evaluate(scope));
        rows.push(await this.#planUnit(task, key, scope));
        const out = this.#tasks[task.id]?.out;
        if (out !== undefined) items[key] = out;
      }
      this.#tasks[task.id] = { status: 'ok', changed: rows.some(({ is }) => is === 'change'), items };
      return rows;
    } catch (thrown) {
      return [this.#row(task, null, this.#unknowable(task, thrown))];
    }
  }

  async #planUnit(task: Task, item: string | null, scope: Record<string, unknown>): Promise<PlannedTask> {
    const step = this.#drive.step(task);
    try {
      const params = await renderParams(step, task.with, scope);
      if (step.effect === 'none' && this.#changed !== null) {
        return this.#row(task, item, { is: 'unknown', summary: `looks at the world after ${this.#changed}` });
      }
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(task.timeout)]);
      const verb = { step, task: task.id, item, attempt: 1, params, signal };
      const answer = await lend(this.#drive, verb, (look) => step.check(look));
      return this.#row(task, item, await this.#learn(task, step, answer));
    } catch (thrown) {
      if (this.#signal.aborted) throw thrown;
      return this.#row(task, item, this.#unknowable(task, thrown));
    }
  }

  /** What an answer means for the plan, and for the expressions of later tasks. */
  async #learn(
    task: Task,
    step: AnyStep,
    answer: Satisfied<unknown> | Change<unknown> | Pending | Unknown,
  ): Promise<Pick<PlannedTask, 'is' | 'summary'> & { diff?: string | null }> {
    switch (answer.is) {
      case 'satisfied': {
        this.#tasks[task.id] = {
          status: 'ok',
          changed: false,
          out: await plainResult(this.#drive, step, answer.result),
        };
        return { is: 'ok', summary: step.effect === 'none' ? '' : 'already so' };
      }
      case 'change':
        this.#changed ??= task.id;
        if (answer.predicted === undefined) delete this.#tasks[task.id];
        else this.#tasks[task.id] = { status: 'changed', changed: true, out: answer.predicted };
        return { is: 'change', summary: answer.summary, diff: answer.diff };
      case 'pending':
        return { is: 'unknown', summary: `would wait: ${answer.why}` };
      case 'unknown':
        return { is: 'cannot-check', summary: answer.why };
    }
  }

  /** An expression that lacks a result is unknown; a look that fails refuses only while nothing would have changed. */
  #unknowable(task: Task, thrown: unknown): Pick<PlannedTask, 'is' | 'summary'> {
    const error = asPgdbaError(thrown);
    const missing = error.code === 'EXPRESSION_FAILED' ? error.facts['task'] : undefined;
    if (typeof missing === 'string' && this.#tasks[missing] === undefined) {
      return { is: 'unknown', summary: `depends on ${missing}` };
    }
    if (this.#changed === null) this.#refusals.push({ task, error: error.toData() });
    return { is: 'cannot-check', summary: error.message };
  }

  #scope(): Record<string, unknown> {
    const { run } = this.#drive.parts.journal;
    return { inputs: this.#inputs, target: this.#target, run: { id: run }, tasks: this.#tasks, probes: {} };
  }

  #row(
    task: Task,
    item: string | null,
    found: Pick<PlannedTask, 'is' | 'summary'> & { diff?: string | null },
  ): PlannedTask {
    const step = this.#drive.step(task);
    return {
      id: task.id,
      item,
      uses: task.uses,
      is: found.is,
      summary: found.summary,
      diff: found.diff ?? null,
      not_tried: found.is === 'change' ? (step.proves ?? null) : null,
      undo: this.#undo(task, step),
      pivot: task.pivot,
      hold: step.effect === 'hold',
    };
  }

  /** From the pivot on nothing is undone. */
  #undo(task: Task, step: AnyStep): PlannedTask['undo'] {
    const { tasks } = this.#drive.playbook;
    const pivot = tasks.findIndex((candidate) => candidate.pivot);
    const at = tasks.indexOf(task);
    if (step.effect === 'none' || task.rollback === 'none' || (pivot !== -1 && at >= pivot)) return 'none';
    return step.effect === 'once' && !task.rollback ? 'kept' : 'yes';
  }
}
