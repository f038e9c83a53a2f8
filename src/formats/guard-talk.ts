import { PgdbaError } from '../errors/pgdba-error.ts';

/*
 * What pgdba and its guard say to each other, one line each.
 *   pgdba → guard: the brief (JSON), `reached`, `done`; the end of the pipe without `done` is an order too
 *   guard → pgdba: `ready` or `failed {problem}`, later perhaps `released {…}`
 */

/** Everything the guard needs. Secrets are real values here: it leaves pgdba only through the guard's stdin. */
export interface GuardBrief {
  readonly run: string;
  /** The hold's unit key. */
  readonly task: string;
  readonly order: 'pooler-resume';
  /** How long the hold may last after `reached`, and how long the guard then looks for a primary. */
  readonly within_ms: number;
  readonly poolers: readonly GuardedPooler[];
  readonly members: readonly Login[];
  /** The run's directory: guard.jsonl and guard.json go there. */
  readonly directory: string;
}

export interface Login {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface GuardedPooler extends Login {
  /** The file that says where it leads, and whose it is. */
  readonly target: { readonly path: string; readonly uid: number; readonly gid: number };
}

export type ReleaseReason =
  /** pgdba is gone. */
  | 'pipe'
  /** The hold lasted too long. */
  | 'deadline'
  /** Somebody asked the guard to end (SIGTERM). */
  | 'signal'
  /** The guard met a defect of its own. */
  | 'failure';

export interface GuardRelease {
  readonly at: string;
  /** The member that the poolers now lead to; null when they lead where they did. */
  readonly pointed_at: string | null;
  readonly why: ReleaseReason;
}

export type GuardAnswer =
  | { readonly is: 'ready' }
  | { readonly is: 'failed'; readonly problem: string }
  | ({ readonly is: 'released' } & GuardRelease);

/** Errors: GUARD_FAILED naming the first field that is wrong, never its value. */
export function decodeBrief(line: string): GuardBrief {
  const brief = object(parse(line), 'the order');
  if (brief['order'] !== 'pooler-resume') throw guardFailed('the guard does not know this order');
  return {
    run: text(brief, 'run'),
    task: text(brief, 'task'),
    order: 'pooler-resume',
    within_ms: whole(brief, 'within_ms'),
    poolers: several(brief, 'poolers').map((pooler) => {
      const target = object(pooler['target'], 'target');
      const path = text(target, 'path');
      if (!path.startsWith('/')) throw guardFailed('"path" is not absolute');
      return { ...login(pooler), target: { path, uid: whole(target, 'uid'), gid: whole(target, 'gid') } };
    }),
    members: several(brief, 'members').map(login),
    directory: text(brief, 'directory'),
  };
}

export function encodeAnswer({ is, ...rest }: GuardAnswer): string {
  return is === 'ready' ? 'ready\n' : `${is} ${JSON.stringify(rest)}\n`;
}

/** Undefined for a line that is none. */
export function decodeAnswer(line: string): GuardAnswer | undefined {
  if (line === 'ready') return { is: 'ready' };
  const [, is, rest] = /^(failed|released) (\{.*\})$/.exec(line) ?? [];
  if (!is || !rest) return undefined;
  try {
    return { is, ...(JSON.parse(rest) as object) } as GuardAnswer;
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Without the parser's message, which quotes the text: there are passwords in it.
    throw guardFailed('the order is not JSON');
  }
}

function login(fields: Fields): Login {
  const { length: spaces } = text(fields, 'host').match(/\s/g) ?? [];
  if (spaces > 0) throw guardFailed('"host" holds white space');
  return {
    name: text(fields, 'name'),
    host: text(fields, 'host'),
    port: whole(fields, 'port'),
    user: text(fields, 'user'),
    password: text(fields, 'password'),
  };
}

function several(fields: Fields, name: string): readonly Fields[] {
  const value = fields[name];
  if (!Array.isArray(value) || value.length === 0) throw guardFailed(`"${name}" is not a list with something in it`);
  return value.map((item) => object(item, name));
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw guardFailed(`"${name}" is not a text`);
  return value;
}

function whole(fields: Fields, name: string): number {
  const value = fields[name];
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw guardFailed(`"${name}" is not a whole number`);
  return Number(value);
}

function object(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw guardFailed(`"${name}" is not an object`);
  return value as Fields;
}

/** The hold was not started: nothing has to be put right. */
export function guardFailed(problem: string, cause?: unknown): PgdbaError {
  return new PgdbaError('GUARD_FAILED', {
    facts: { problem },
    hint: 'nothing was held; put right what it names, then run it again',
    cause,
  });
}
