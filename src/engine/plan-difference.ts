import { canonicalJson } from '../formats/canonical-json.ts';
import type { Plan } from './plan.ts';
import type { SavedPlan } from './saved-plan-schema.ts';

type Row = Pick<SavedPlan['tasks'][number], 'id' | 'item' | 'is' | 'summary' | 'diff' | 'with' | 'predicted'>;
type Side = Pick<Plan, 'stands' | 'target'> & { readonly tasks: readonly Row[] };

const longest = 60;

/**
 * What is different now from what was planned, one sentence each; empty: the same would be done to the same world.
 * Tasks that only look may see other values: what counts is what comes of it, and that stands in the changes.
 */
export function planDifference(was: Pick<SavedPlan, 'stands' | 'target' | 'tasks'>, now: Side): string[] {
  return [...cluster(was, now), ...rows(was.tasks, now.tasks)];
}

function cluster(was: Pick<SavedPlan, 'stands' | 'target'>, now: Side): string[] {
  const found: string[] = [];
  if (was.stands?.system_identifier !== now.stands?.system_identifier) {
    const [before, after] = [was, now].map(({ stands }) => stands?.system_identifier ?? 'unknown');
    found.push(`the database system was ${before}, is now ${after}`);
  }
  if (was.stands?.timeline !== now.stands?.timeline) {
    const [before, after] = [was, now].map(({ stands }) => stands?.timeline ?? 'unknown');
    found.push(`the timeline was ${before}, is now ${after}`);
  }
  return [...found, ...fields('the target', was.target, now.target)];
}

function rows(was: readonly Row[], now: readonly Row[]): string[] {
  const before = new Map(was.map((row) => [keyOf(row), row]));
  const after = new Map(now.map((row) => [keyOf(row), row]));
  const gone = was.filter((row) => !after.has(keyOf(row))).map((row) => `${keyOf(row)}: is no longer there`);
  const kept = now.flatMap((row) => {
    const planned = before.get(keyOf(row));
    return planned ? changed(planned, row) : [`${keyOf(row)}: was not there, is now ${said(row)}`];
  });
  return [...gone, ...kept];
}

function changed(was: Row, now: Row): string[] {
  const key = keyOf(now);
  if (was.is !== now.is) return [`${key}: was ${said(was)}, is now ${said(now)}`];
  if (now.is !== 'change') return [];
  if (was.summary !== now.summary) return [`${key}: would ${was.summary}, would now ${now.summary}`];
  const found = [
    ...fields(`${key}: with`, was.with, now.with),
    ...fields(`${key}: result`, was.predicted, now.predicted),
  ];
  if (found.length === 0 && was.diff !== now.diff) found.push(`${key}: its difference is another`);
  return found;
}

/** The deepest places where two JSON values differ. */
function fields(at: string, was: unknown, now: unknown): string[] {
  if (canonicalJson(was) === canonicalJson(now)) return [];
  if (isMap(was) && isMap(now)) {
    const keys = [...new Set([...Object.keys(was), ...Object.keys(now)])];
    return keys.flatMap((key) => fields(`${at} ${key}`, was[key], now[key]));
  }
  return [`${at}: was ${short(was)}, is now ${short(now)}`];
}

function said({ is, summary }: Row): string {
  return summary === '' ? is : `${is} (${summary})`;
}

function keyOf({ id, item }: Row): string {
  return item === null ? id : `${id}[${item}]`;
}

function short(value: unknown): string {
  const text = value === undefined ? 'nothing' : typeof value === 'string' ? value : canonicalJson(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
