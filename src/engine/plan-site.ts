import type { ErrorData } from '../errors/pgdba-error.ts';
import type { Json } from '../journal/record.ts';
import type { Playbook, Task } from '../playbook/playbook.ts';
import type { Expression, Scope } from '../playbook/template.ts';
import type { AnyProbe } from '../step/define-probe.ts';
import type { AnyStep } from '../step/define-step.ts';
import type { Lending } from './lend.ts';
import type { PlannedProbe, PlannedTask } from './plan.ts';
import { type Knowledge, type Known, textsIn } from './plan-knowledge.ts';

export type Part = PlannedTask['part'];

/** A playbook with its steps, and eyes on the world. */
export interface Watch extends Lending {
  readonly playbook: Playbook;
  step(task: Task): AnyStep;
  probe(uses: string): AnyProbe;
}

/** What the planning of one playbook works with; a child run has a site of its own. */
export interface PlanSite {
  readonly drive: Watch;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly target: Json;
  readonly signal: AbortSignal;
  readonly knowledge: Knowledge;
  readonly foresight: Foresight;
  /** Tasks of this playbook that would have taken a hold. */
  readonly holds: Set<string>;
  /** Prechecks that do not count, with the operator's reason. */
  readonly overrides: ReadonlyMap<string, string>;
  /** In a child run, what its rows' ids begin with: `task/`. */
  readonly prefix: string;
  /** The parent's point of no return lies before: nothing of it is undone. */
  readonly final: boolean;
  child(order: ChildOrder): Promise<PlannedPlaybook>;
}

export interface ChildOrder {
  readonly playbook: Playbook;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly prefix: string;
  readonly final: boolean;
}

export interface PlannedPlaybook {
  readonly tasks: readonly PlannedTask[];
  readonly probes: readonly PlannedProbe[];
  /** Its outputs as far as they are known. */
  readonly outputs: Known;
}

/** What the whole plan has met so far. */
export class Foresight {
  /** The first task that may change something, as the present branch sees it: after it the world is another one. */
  changed: string | null = null;
  /** The first of all, whatever its branch. */
  earliest: string | null = null;
  readonly refusals: { task: Task; error: ErrorData }[] = [];

  mark(id: string): void {
    this.changed ??= id;
    this.earliest ??= id;
  }
}

/** An expression reads what a plan cannot know: the result of this task. */
export class NotKnown extends Error {
  readonly on: string;

  constructor(on: string) {
    super(`depends on ${on}`);
    this.on = on;
  }
}

/** What the expressions of a task see. */
export function scopeOfPlan({ drive, inputs, target, knowledge }: PlanSite): Scope {
  return { inputs, target, run: { id: drive.parts.journal.run }, tasks: knowledge.tasks(), probes: {} };
}

/** Errors: NotKnown, EXPRESSION_FAILED. */
export function evaluate({ knowledge }: PlanSite, expression: Expression, scope: Scope): unknown {
  refuseGuess(knowledge, expression.text);
  return expression.evaluate(scope);
}

/** Refuses a YAML value whose templates would give a wrong answer, not an error, for what is not known. */
export function refuseGuess(knowledge: Knowledge, source: unknown): void {
  for (const text of textsIn(source)) {
    const on = knowledge.guessing(text);
    if (on !== null) throw new NotKnown(on);
  }
}
