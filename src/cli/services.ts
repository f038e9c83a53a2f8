import type { Plan } from '../engine/plan.ts';
import type { Prompt, RunObserver, RunReport } from '../engine/report.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { Config } from '../inventory/config.ts';
import type { JournalStore } from '../journal/store.ts';
import type { Playbook } from '../playbook/playbook.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { Registry } from '../step/registry.ts';
import type { Verb } from './verb.ts';

/**
 * What the composition root hands to the command line. Everything is lazy: a plain command that needs the list of verbs
 * loads nothing else. `open` is called once, after the options are read, by the commands that need a home.
 */
export interface Program {
  readonly version: string;
  readonly redactor: Redactor;
  /** Every verb and plain command: dist/verbs.json, else asked of the shipped playbooks. Opens no YAML when built. */
  verbs(): Promise<readonly Verb[]>;
  /** A shipped playbook by name, or a file (a value with `/` or ending in .yaml). Errors: those of loading. */
  playbook(nameOrFile: string): Promise<Playbook>;
  registry(): Promise<Registry>;
  /** Services of one home with one configuration. Must not touch the disk. */
  open(place: HomePlace): Services;
}

export interface HomePlace {
  /** Absolute path. The parts that write into it call `ensureHome` (src/inventory/home.ts) first. */
  readonly home: string;
  readonly config: Config;
}

export interface Services extends HomePlace {
  store(): Promise<JournalStore>;
  inventory(): Promise<ClusterList>;
  host(provider: string): Promise<HostLook>;
  /**
   * Plans and drives one run. Answers a report for every run that came into being, and for one that was refused before
   * (report.id null); throws PgdbaError when there is nothing to report on: wrong inputs, no such cluster, LEASE_BUSY.
   */
  run(request: RunRequest, io: RunIo): Promise<RunReport>;
  /** `--check`: what `run` would do; changes nothing but the file that the plan is to be saved in. */
  plan(request: PlanRequest, io: RunIo): Promise<PlanAnswer>;
  resume(request: ResumeRequest, io: RunIo): Promise<RunReport>;
  /** Undoes what a run has changed, in reverse order. */
  rollback(request: RollbackRequest, io: RunIo): Promise<RunReport>;
  /** Ends a run that nobody drives: undone, or as `cancelled` after holds are released and `finally` has run. */
  cancel(request: CancelRunRequest, io: RunIo): Promise<RunReport>;
  /** Sends a test event to one notification target, or to all. Errors: NOTIFICATION_UNKNOWN. */
  notifyTest(name: string | null): Promise<readonly TestDelivery[]>;
}

export interface TestDelivery {
  readonly target: string;
  /** Null: it was taken. */
  readonly problem: string | null;
  readonly attempts: number;
}

/** What the command line needs of the inventory. */
export interface ClusterList {
  list(): Promise<readonly Cluster[]>;
  read(name: string): Promise<Cluster | null>;
}

/** What `doctor` needs of a provider. */
export interface HostLook {
  checkHost(pgMajor: number | null): Promise<HostCheck>;
  freePorts(count: number): Promise<number[]>;
}

export interface HostCheck {
  readonly problems: readonly { what: string; hint: string; kind: 'binary' | 'rights' | 'host' }[];
  readonly found: Readonly<Record<string, string>>;
  readonly pg_majors: readonly number[];
}

export interface RunRequest {
  /** Name of a shipped playbook, or a file; null: what the saved plan says. */
  readonly playbook: string | null;
  /** The saved plan to carry out: absolute path; null: none. */
  readonly plan: string | null;
  /** Input name → text as typed and where it was typed (`--max-lag`), lists joined by commas, booleans `true`/`false`. */
  readonly set: ReadonlyMap<string, GivenInput>;
  readonly target: TargetRequest;
  readonly yes: boolean;
  readonly confirm: boolean;
  readonly reason: string | null;
  /** How long to wait for a busy cluster; 0: fail at once. Null: not said. */
  readonly waitMs: number | null;
  /** Write a journal for a read-only run too. */
  readonly journal: boolean;
  /** Prechecks that shall not stop it, each with the operator's reason. */
  readonly overrides: ReadonlyMap<string, string>;
  /** The command as typed, shell-quoted: hints append to it what is missing. */
  readonly retry: string;
}

export interface PlanRequest extends RunRequest {
  /** Where to save the plan: absolute path; null: nowhere. */
  readonly out: string | null;
}

/** A plan, and where it was saved; one that would be refused is not. */
export interface PlanAnswer extends Plan {
  readonly saved: { readonly file: string; readonly hash: string } | null;
}

export interface GivenInput {
  readonly value: string;
  readonly origin: string;
}

export interface TargetRequest {
  /** From --name, else PGDBA_CLUSTER_NAME or the config file, else null. */
  readonly name: string | null;
  /** True only for --name. */
  readonly named: boolean;
  readonly patroni_url: string | null;
  /** From --provider only; the default for new clusters is `config.provider.type`. */
  readonly provider: string | null;
}

export interface ResumeRequest {
  /** Full id. */
  readonly run: string;
  readonly yes: boolean;
  readonly confirm: boolean;
  readonly name: string | null;
  readonly named: boolean;
  /** Task → what an operator knows about it. */
  readonly decisions: ReadonlyMap<string, 'done' | 'not-done'>;
  /** What to do about what has moved; null: stop and ask. */
  readonly drift: 'reapply' | 'accept' | null;
  /** Go on with the playbook as its file is now. */
  readonly newVersion: boolean;
  readonly waitMs: number | null;
  readonly retry: string;
}

export interface RollbackRequest extends Omit<ResumeRequest, 'decisions' | 'drift' | 'newVersion'> {
  readonly reason: string | null;
}

/** `how` null: what its playbook says in `on_cancel`, where leaving means to end it as it stands. */
export interface CancelRunRequest extends RollbackRequest {
  readonly how: 'rollback' | null;
}

export interface RunIo {
  readonly observer: RunObserver;
  /** Null: nobody can be asked. */
  readonly prompt: Prompt | null;
  /** Aborted when something asks the run to stop; its reason is a `Cancellation`. */
  readonly signal: AbortSignal;
}
