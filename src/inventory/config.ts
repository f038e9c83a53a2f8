import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { describe, PgdbaError, systemCode } from '../errors/pgdba-error.ts';
import { type ConfigFile, readConfigFile, type Settings } from './config-file.ts';
import {
  type ConfigKeyName,
  configKeys,
  type OutputFormat,
  outputFormats,
  type RiskCap,
  riskCaps,
} from './config-keys.ts';
import { checkSetting } from './config-value.ts';
import type { NotificationTarget } from './notifications.ts';

export type { OutputFormat, RiskCap } from './config-keys.ts';

/** pgdba's settings after flag > PGDBA_* > file > default. Null: nobody said. */
export interface Config {
  /** The file that was read, or null. */
  readonly file: string | null;
  readonly pg: {
    readonly host: string | null;
    readonly port: number | null;
    readonly user: string | null;
    readonly database: string | null;
    readonly sslmode: string | null;
  };
  readonly provider: { readonly type: string };
  readonly cluster: { readonly name: string | null };
  readonly output: { readonly format: OutputFormat };
  readonly max_risk: RiskCap | null;
  /** Dotted name below `monitor.` → value. */
  readonly monitor: Readonly<Record<string, string | number | boolean>>;
  /** Whom pgdba tells how runs end; from the file only. */
  readonly notifications: readonly NotificationTarget[];
}

export interface ConfigSources {
  readonly home: string;
  /** --config; a file that must exist. Null: `config.yaml` of the home, if there is one. */
  readonly file: string | null;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What was said on the command line. */
  readonly flags: Partial<Readonly<Record<ConfigKeyName, string>>>;
}

/** Reads and checks the settings. Errors: CONFIG_INVALID, USAGE for a flag or variable with a wrong value. */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const file = fileOf(sources);
  const read = await readIfThere(file, sources.file !== null || sources.env.PGDBA_CONFIG !== undefined);
  const settings = read?.settings ?? null;
  const text = (key: ConfigKeyName): string | null => toText(pick(key, sources, settings));
  const port = pick('pg.port', sources, settings);
  return {
    file: settings === null ? null : file,
    pg: {
      host: text('pg.host'),
      port: port === null ? null : Number(port),
      user: text('pg.user'),
      database: text('pg.database'),
      sslmode: text('pg.sslmode'),
    },
    provider: { type: text('provider.type') ?? configKeys['provider.type'].default },
    cluster: { name: text('cluster.name') },
    output: { format: outputFormats.find((known) => known === text('output.format')) ?? 'json' },
    max_risk: riskCaps.find((known) => known === text('max_risk')) ?? null,
    monitor: monitorOf(settings),
    notifications: read?.notifications ?? [],
  };
}

function fileOf({ home, file, cwd, env }: ConfigSources): string {
  const named = file ?? env.PGDBA_CONFIG;
  return named ? resolve(cwd, named) : join(home, 'config.yaml');
}

/** The YAML reader is loaded only when there is something to read. */
async function readIfThere(file: string, mustExist: boolean): Promise<ConfigFile | null> {
  let source: string;
  try {
    source = await readFile(file, 'utf8');
  } catch (thrown) {
    if (!mustExist && systemCode(thrown) === 'ENOENT') return null;
    if (!mustExist) {
      throw new PgdbaError('HOME_UNUSABLE', {
        facts: { home: dirname(file), problem: describe(thrown) },
        hint: 'name another directory with --home or PGDBA_HOME, or make this one readable',
        cause: thrown,
      });
    }
    throw new PgdbaError('CONFIG_INVALID', {
      facts: { file, problem: describe(thrown) },
      hint: 'name a file that exists and that you may read, or leave --config out',
      cause: thrown,
    });
  }
  return readConfigFile(source, file);
}

/** Flag, then variable, then file, then default. An empty variable counts as not set. */
function pick(key: ConfigKeyName, { flags, env }: ConfigSources, settings: Settings | null): string | number | null {
  const flag = flags[key];
  if (flag !== undefined) return checkSetting(key, flag, 'option');
  const variable = env[configKeys[key].env];
  if (variable) return checkSetting(key, variable, configKeys[key].env);
  const written = settings?.get(key);
  if (written !== undefined) return typeof written === 'boolean' ? String(written) : written;
  return configKeys[key].default;
}

function toText(value: string | number | null): string | null {
  return value === null ? null : String(value);
}

function monitorOf(settings: Settings | null): Record<string, string | number | boolean> {
  const prefix = 'monitor.';
  const entries = [...(settings ?? [])].filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]));
}
