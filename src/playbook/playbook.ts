import type { ErrorClass } from '../errors/codes.ts';
import type { Risk } from '../step/define-step.ts';
import type { Input } from './input.ts';
import type { Expression, Template } from './template.ts';

/** A validated playbook. Frozen: nothing after loading changes it. Durations are integer milliseconds. */
export interface Playbook {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** `failover trigger`, or with one selecting flag `failover trigger --force`. */
  readonly command: readonly string[];
  readonly risk: Risk;
  readonly target: TargetKind;
  readonly lease: readonly LeaseKey[];
  readonly inputs: ReadonlyMap<string, Input>;
  readonly timeout: number;
  readonly on_failure: 'rollback' | 'stop';
  readonly on_cancel: 'leave' | 'rollback';
  readonly prechecks: readonly Task[];
  readonly probes: readonly ProbeUse[];
  readonly tasks: readonly Task[];
  readonly finally: readonly Task[];
  readonly outputs: Template;
  /** The playbooks it starts as child runs, by `uses` as written: `playbook:./x.yaml`. */
  readonly children: ReadonlyMap<string, Playbook>;
  /** The text it was read from, where, and its sha256. */
  readonly source: string;
  readonly file: string;
  readonly sha256: string;
}

export type TargetKind = 'cluster' | 'instance' | 'new-cluster' | 'none';
export type LeaseKey = 'topology' | 'backup';

export interface Task {
  readonly id: string;
  /** `step@major`, `playbook:PATH` for a child run, or `approve@1`. */
  readonly uses: string;
  readonly with: Template;
  /** The branch of a parallel block it stands in; the tasks of a block follow one another in the list of tasks. */
  readonly branch: Branch | null;
  readonly retry: Retry | null;
  readonly when: Expression | null;
  readonly for_each: ForEach | null;
  readonly timeout: number;
  readonly confirm: Template | null;
  readonly pivot: boolean;
  readonly recheck: boolean;
  readonly cancel: 'allowed' | 'forbidden';
  /** null: the step's own. */
  readonly rollback: 'none' | { readonly uses: string; readonly with: Template } | null;
  readonly never_override: boolean;
  /** The hold that ends when this task is done. */
  readonly releases: string | null;
  /** 1-based place of the task in the file, for messages. */
  readonly line: number;
}

/** A probe and its lifetime, both ends included. */
export interface ProbeUse {
  readonly id: string;
  readonly uses: string;
  readonly with: Template;
  readonly from: string;
  readonly until: string;
  /** What its result must satisfy, judged when it ends: sees everything, `probes.<id>.out` included. */
  readonly must: Expression | null;
}

export interface ForEach {
  readonly in: Expression;
  readonly as: string;
  readonly key: Expression;
  /** Items at a time. */
  readonly max_parallel: number;
}

/** One of the branches that a parallel block works on at the same time. */
export interface Branch {
  readonly block: string;
  readonly index: number;
  /** Branches at a time. */
  readonly max_parallel: number;
}

/** How often and how soon a task that failed is tried again. */
export interface Retry {
  /** Attempts beyond the first. */
  readonly max: number;
  /** The pauses double from the first to the longest. */
  readonly backoff: { readonly first: number; readonly longest: number };
  readonly errors: readonly ErrorClass[];
}
