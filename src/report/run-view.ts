import type { ErrorData } from '../errors/pgdba-error.ts';
import type { GuardRecord } from '../journal/guard-journal.ts';
import type { AnyRecord, EndStatus, JournalRecord, Json, RecordData, RunStatus } from '../journal/record.ts';
import { HoldList, type HoldView } from './hold-list.ts';
import { type Intervention, interventionIn } from './intervention.ts';
import { TaskList, type TaskView, type UndoView } from './task-list.ts';

/** What a journal tells of its run, for people and for `runs show`. */
export interface RunView {
  readonly id: string;
  /** As the journal has it; null while it has no end. */
  readonly status: RunStatus | null;
  readonly playbook: string;
  readonly version: string;
  readonly risk: string;
  readonly cluster: string | null;
  readonly changed: boolean | null;
  readonly actor: string;
  readonly host: string;
  readonly reason: string | null;
  readonly consent: string;
  readonly parent: string | null;
  readonly pgdba: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly inputs: Json;
  readonly tasks: readonly TaskView[];
  readonly probes: readonly ProbeView[];
  readonly error: ErrorData | null;
  readonly outputs: Json;
  readonly rollback: readonly UndoView[];
  readonly holds: readonly HoldView[];
  readonly interventions: readonly Intervention[];
  /** Number of records and hash of the last one. */
  readonly records: number;
  readonly head: string;
}

/** What watched beside the tasks, and saw. */
export interface ProbeView {
  readonly id: string;
  readonly ms: number;
  readonly out: Json;
  readonly must: RecordData['probe.result']['must'] | null;
  readonly error: ErrorData | null;
}

interface End {
  readonly status: RunStatus;
  readonly changed: boolean | null;
  readonly at: string | null;
  readonly error: ErrorData | null;
  readonly outputs: Json;
}

/** Folds a journal into a view, record by record, oldest first; holds no record. */
export class RunFold {
  readonly #tasks = new TaskList();
  readonly #holds = new HoldList();
  readonly #probes = new Map<string, ProbeView>();
  readonly #interventions: Intervention[] = [];
  #created: JournalRecord<'run.created'> | null = null;
  #first: AnyRecord | null = null;
  #last: AnyRecord | null = null;
  #end: End | null = null;

  add(record: AnyRecord): void {
    this.#first ??= record;
    this.#last = record;
    this.#tasks.add(record);
    this.#holds.add(record);
    const intervention = interventionIn(record);
    if (intervention) this.#interventions.push(intervention);
    if (record.type === 'run.created') this.#created ??= record;
    if (record.type === 'probe.result') {
      const { ms, out, error, must = null } = record.data;
      this.#probes.set(record.task ?? '', { id: record.task ?? '', ms, out, must, error });
    }
    this.#end = endAfter(record, this.#end);
  }

  view(guards: readonly GuardRecord[] = []): RunView {
    const created = this.#created?.data;
    const end = this.#end;
    return {
      id: this.#first?.run ?? '',
      status: end?.status ?? null,
      playbook: created?.playbook.name ?? '',
      version: created?.playbook.version ?? '',
      risk: created?.playbook.risk ?? '',
      cluster: clusterName(created?.target),
      changed: end?.changed ?? null,
      actor: created?.actor ?? '',
      host: created?.host ?? '',
      reason: created?.reason ?? null,
      consent: created?.consent ?? '',
      parent: created?.parent?.run ?? null,
      pgdba: created?.pgdba ?? '',
      started_at: this.#first?.ts ?? '',
      ended_at: end?.at ?? null,
      inputs: created?.inputs ?? null,
      tasks: this.#tasks.tasks(),
      probes: [...this.#probes.values()],
      error: end?.error ?? null,
      outputs: end?.outputs ?? null,
      rollback: this.#tasks.undos(),
      holds: this.#holds.views(guards),
      interventions: this.#interventions,
      records: this.#last?.seq ?? 0,
      head: this.#last?.hash ?? '',
    };
  }
}

/** A whole journal, and what its guards wrote beside it. */
export function runView(records: Iterable<AnyRecord>, guards: readonly GuardRecord[] = []): RunView {
  const fold = new RunFold();
  for (const record of records) fold.add(record);
  return fold.view(guards);
}

/** The last end or stop that no later resume has taken back. */
function endAfter(record: AnyRecord, before: End | null): End | null {
  switch (record.type) {
    case 'run.resumed':
      return null;
    case 'run.parked': {
      const { status, error } = record.data;
      return { status, changed: null, at: null, error, outputs: null };
    }
    case 'run.ended': {
      const { status, changed, error, outputs } = record.data;
      return { status, changed, at: record.ts, error, outputs };
    }
    default:
      return before;
  }
}

/** Whether a status is an end and no stop on the way. */
export function isEnd(status: RunStatus): status is EndStatus {
  return !['drift', 'needs-decision', 'interrupted', 'waiting'].includes(status);
}

function clusterName(target: Json | undefined): string | null {
  if (target === null || typeof target !== 'object' || Array.isArray(target)) return null;
  const name = Object.entries(target).find(([key]) => key === 'name' || key === 'cluster')?.[1];
  return typeof name === 'string' ? name : null;
}
