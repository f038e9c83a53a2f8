import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { PgdbaError } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import { secretReference } from '../secrets/resolve.ts';
import { type ConfigKeyName, configKeys } from './config-keys.ts';
import { settingProblem } from './config-value.ts';
import { decodeNotifications, type NotificationTarget } from './notifications.ts';

/** Dotted name → value. */
export type Settings = ReadonlyMap<string, string | number | boolean>;

const secretWords = /pass(word|wd|phrase)?$|secret|token|credential|api_?key|private_?key/i;
const urlWithPassword = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:[^/@\s]+@/i;

export interface ConfigFile {
  readonly settings: Settings;
  readonly notifications: readonly NotificationTarget[];
}

/** What a config file's text says. Errors: CONFIG_INVALID with the line. */
export function readConfigFile(source: string, file: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const fail = (problem: string, hint: string, offset = 0): never => {
    throw new PgdbaError('CONFIG_INVALID', {
      facts: { file, problem: `line ${lines.linePos(offset).line}: ${problem}` },
      hint,
    });
  };
  const [wrong] = document.errors;
  if (wrong) fail(firstLine(wrong.message), 'correct the YAML', wrong.pos[0]);
  const settings = new Map<string, string | number | boolean>();
  let notifications: readonly NotificationTarget[] = [];
  for (const { key, value, offset } of leaves(document)) {
    const at = (problem: string, hint: string): never => fail(problem, hint, offset);
    if (key === 'notifications') {
      notifications = decodeNotifications(value ?? [], at);
      continue;
    }
    refuseSecret(key, value, at);
    if (value === null) continue;
    settings.set(key, plain(key, value, at));
  }
  return { settings, notifications };
}

interface Leaf {
  readonly key: string;
  readonly value: unknown;
  readonly offset: number;
}

type Fail = (problem: string, hint: string) => never;

function leaves(document: Document): Leaf[] {
  return document.contents === null ? [] : below(document.contents as Node, '');
}

function below(node: Node | null, prefix: string): Leaf[] {
  if (!isMap(node) || prefix === 'notifications') {
    const value: unknown = isScalar(node) ? node.value : (node?.toJSON() ?? null);
    return [{ key: prefix, value, offset: node?.range?.[0] ?? 0 }];
  }
  return node.items.flatMap((pair) => {
    const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    return below(pair.value as Node | null, prefix === '' ? name : `${prefix}.${name}`);
  });
}

/** A config file is read by many and copied around: what is secret is named there, never written. */
function refuseSecret(key: string, value: unknown, fail: Fail): void {
  const named = typeof value === 'string' && secretReference.test(value) && key.startsWith('monitor.');
  if (secretWords.test(key) && !named) {
    fail(
      `${key} would put a secret into the file`,
      'remove it; give passwords as environment variables (PGDBA_PG_PASSWORD) or in a 0600 file named by reference',
    );
  }
  if (typeof value === 'string' && urlWithPassword.test(value)) {
    fail(`${key} holds a password inside its URL`, 'remove the password from the URL; set PGDBA_PG_PASSWORD instead');
  }
}

function plain(key: string, value: unknown, fail: Fail): string | number | boolean {
  const free = key.startsWith('monitor.');
  if (!free && !isKnown(key)) return fail(...unknownKey(key));
  const problem = isKnown(key) ? settingProblem(key, value) : null;
  if (problem !== null) return fail(`${key}: ${problem}`, 'correct the value, or remove the line for the default');
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return fail(`${key} must be one value`, 'write one word, number or true/false');
}

function isKnown(key: string): key is ConfigKeyName {
  return Object.hasOwn(configKeys, key);
}

function unknownKey(key: string): [problem: string, hint: string] {
  const known = Object.keys(configKeys);
  const near = closest(key, known);
  return [
    `there is no setting "${key}"`,
    near ? `did you mean ${near}?` : `the settings are ${known.join(', ')}, monitor.* and notifications`,
  ];
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
