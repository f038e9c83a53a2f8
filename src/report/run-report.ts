import { formatDuration } from '../formats/duration.ts';
import type { RunView } from './run-view.ts';
import type { TaskView } from './task-list.ts';

/** What a report is made of: the journal's story, and the proof that it is the whole story. */
export interface RunReport {
  readonly view: RunView;
  /** As the index has it, where the journal has no end. */
  readonly status: string;
  readonly evidence: Evidence;
}

export interface Evidence {
  readonly records: number;
  /** Hash of the last record. */
  readonly head: string;
  /** Bytes of a last line that was never finished. */
  readonly torn_bytes: number;
  readonly verified_at: string;
}

/** `members[n2]`. */
export function placeOf({ id, item }: { readonly id: string; readonly item: string | null }): string {
  return item === null ? id : `${id}[${item}]`;
}

/** What a task did, or why it did not: one line. */
export function tellTask({ summary, error, warnings }: TaskView): string {
  const said = error ? error.error : (summary ?? '');
  return warnings.length === 0 ? said : `${said}${said === '' ? '' : ' '}(${warnings.join('; ')})`;
}

/** `2026-11-20 12:03:04Z`. */
export function moment(ts: string): string {
  return ts.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/, '$1 $2Z');
}

export function lasted(ms: number | null): string {
  return ms === null ? '' : formatDuration(ms);
}

/** From the first record to the end; null while there is none. */
export function totalMs({ started_at, ended_at }: RunView): number | null {
  return ended_at === null ? null : Math.max(0, Date.parse(ended_at) - Date.parse(started_at));
}

/** `succeeded, changed`. */
export function outcomeOf({ status, view }: RunReport): string {
  if (view.changed === null) return status;
  return `${status}, ${view.changed ? 'changed' : 'nothing changed'}`;
}

/** A journaled value on one line; a map as `name=value` pairs. */
export function tellValue(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.map(tellValue).join(', ');
  return Object.entries(value)
    .map(([name, item]) => `${name}=${tellValue(item)}`)
    .join(', ');
}

/** The pairs of a journaled map; a value that is none stands alone. */
export function pairsOf(value: unknown): [string, string][] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object' || Array.isArray(value)) return [['', tellValue(value)]];
  return Object.entries(value).map(([name, item]) => [name, tellValue(item)]);
}
