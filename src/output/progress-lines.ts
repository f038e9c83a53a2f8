import { formatDuration } from '../formats/duration.ts';
import type { AnyRecord } from '../journal/record.ts';
import { oneLine, shortId } from './cell.ts';
import { noteText, type ProgressNote, place } from './progress-tree.ts';

export interface LineOptions {
  /** Writes one line, without its newline. */
  readonly write: (line: string) => void;
  readonly now: () => number;
  /** A note is repeated no sooner than this after the task's last line; 0 shows every one. */
  readonly quietMs: number;
}

/** A run as plain lines, for logs and pipes: `12:03:04 init-cluster › members[n2] changed in 1.2s: started`. */
export class ProgressLines {
  readonly #options: LineOptions;
  readonly #summaries = new Map<string, string>();
  readonly #lastSaid = new Map<string, { at: number; text: string }>();
  #playbook = 'run';

  constructor(options: LineOptions) {
    this.#options = options;
  }

  apply(record: AnyRecord): void {
    if (record.type === 'run.created') this.#playbook = record.data.playbook.name;
    if (record.type === 'run.resumed') this.#playbook = record.data.playbook ?? this.#playbook;
    const where = record.task === undefined ? '' : place(record.task, record.item);
    if (record.type === 'task.checked') this.#summaries.set(where, record.data.summary);
    const text = lineOf(record, where, this.#summaries.get(where) ?? '');
    if (text === null) return;
    this.#lastSaid.set(where, { at: this.#options.now(), text });
    this.#say(Date.parse(record.ts), text);
  }

  note(note: ProgressNote): void {
    const where = place(note.task, note.item);
    const text = `${where}: ${noteText(note)}`;
    const last = this.#lastSaid.get(where);
    const now = this.#options.now();
    if (last && (last.text === text || now - last.at < this.#options.quietMs)) return;
    this.#lastSaid.set(where, { at: now, text });
    this.#say(now, text);
  }

  #say(at: number, text: string): void {
    this.#options.write(`${clock(at)} ${this.#playbook} › ${oneLine(text)}`);
  }
}

/** One line for the records that people want to follow; null for the rest. */
function lineOf(record: AnyRecord, where: string, summary: string): string | null {
  switch (record.type) {
    case 'run.created':
      return `run ${shortId(record.run)} begins, version ${record.data.playbook.version}`;
    case 'run.resumed':
      return `run ${shortId(record.run)} goes on`;
    case 'precheck.result':
      return `${where} ${record.data.outcome}${after(record.data.ms)}${because(record.data.error?.error)}`;
    case 'task.skipped':
      return `${where} skipped${because(record.data.why)}`;
    case 'task.intent':
      return `${where} begins${because(summary)}`;
    case 'task.result': {
      const { outcome, ms, error, warnings } = record.data;
      return `${where} ${outcome}${after(ms)}${because(error?.error ?? (warnings.join('; ') || summary))}`;
    }
    case 'hold.released':
      return record.data.by === 'guard' ? `${where} released by its guard${because(record.data.why)}` : null;
    case 'probe.result':
      return `${where} watched for ${formatDuration(record.data.ms)}${because(record.data.error?.error)}`;
    case 'rollback.begun':
      return `rollback begins${because(record.data.why)}`;
    case 'rollback.result': {
      const { outcome, ms, error, why } = record.data;
      return `rollback of ${where}: ${outcome}${after(ms)}${because(error?.error ?? why)}`;
    }
    case 'rollback.ended':
      return `rollback ${record.data.outcome}`;
    case 'lease.stolen':
      return `took over from run ${shortId(record.data.from)}${because(record.data.why)}`;
    case 'run.parked':
      return `stopped (${record.data.status})${because(record.data.why)}`;
    default:
      return null;
  }
}

function after(ms: number): string {
  return ` in ${formatDuration(ms)}`;
}

function because(text: string | null | undefined): string {
  return text ? `: ${text}` : '';
}

function clock(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
