import { PgdbaError } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import { type ConfigKey, type ConfigKeyName, configKeys } from './config-keys.ts';

/** The value, when it is one the setting takes. Errors: USAGE naming `origin` (an option or a variable). */
export function checkSetting(key: ConfigKeyName, value: string | number, origin: string): string | number {
  const problem = settingProblem(key, value);
  if (problem === null) return value;
  const words = optionWords(key);
  const near = words ? closest(String(value), words) : undefined;
  throw new PgdbaError('USAGE', {
    facts: { problem: `${origin === 'option' ? key : origin}: ${problem}` },
    hint: near ? `did you mean ${near}?` : 'correct it, or leave it out for the default',
  });
}

/** What is wrong with this value for this setting, or null. */
export function settingProblem(key: ConfigKeyName, value: unknown): string | null {
  const { kind }: ConfigKey = configKeys[key];
  if (kind === 'port') {
    const port = Number(value);
    return Number.isInteger(port) && port >= 1 && port <= 65535 ? null : `"${value}" is not a port (1 to 65535)`;
  }
  if (typeof value !== 'string' && typeof value !== 'number') return 'one word or number goes here';
  if (kind === 'text' || kind.includes(String(value))) return null;
  return `"${value}" is not one of ${kind.join(', ')}`;
}

function optionWords(key: ConfigKeyName): readonly string[] | null {
  const { kind }: ConfigKey = configKeys[key];
  return typeof kind === 'string' ? null : kind;
}
