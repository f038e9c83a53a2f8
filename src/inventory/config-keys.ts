/** One setting: where else it comes from and what it may be. */
export interface ConfigKey {
  readonly env: string;
  readonly kind: 'text' | 'port' | readonly string[];
  readonly default: string | number | null;
}

export const outputFormats = ['json', 'table', 'yaml'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** In rising order; the same words as the risks of steps. */
export const riskCaps = ['read-only', 'safe', 'disruptive', 'destructive'] as const;
export type RiskCap = (typeof riskCaps)[number];

/** Every setting pgdba has, by its dotted name in the file. `monitor.*` beside them is passed on as it stands. */
export const configKeys = {
  'pg.host': { env: 'PGDBA_PG_HOST', kind: 'text', default: null },
  'pg.port': { env: 'PGDBA_PG_PORT', kind: 'port', default: null },
  'pg.user': { env: 'PGDBA_PG_USER', kind: 'text', default: null },
  'pg.database': { env: 'PGDBA_PG_DATABASE', kind: 'text', default: null },
  'pg.sslmode': {
    env: 'PGDBA_PG_SSLMODE',
    kind: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
    default: null,
  },
  'provider.type': {
    env: 'PGDBA_PROVIDER_TYPE',
    kind: ['docker', 'baremetal', 'kubernetes', 'local'],
    default: 'docker',
  },
  'cluster.name': { env: 'PGDBA_CLUSTER_NAME', kind: 'text', default: null },
  'output.format': { env: 'PGDBA_FORMAT', kind: outputFormats, default: 'json' },
  max_risk: { env: 'PGDBA_MAX_RISK', kind: riskCaps, default: null },
} as const satisfies Record<string, ConfigKey>;

export type ConfigKeyName = keyof typeof configKeys;
