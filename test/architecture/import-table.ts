// The house rules for imports, as data. A folder may import itself, the foundations, and what stands here.

/** Every folder may import these; they import only each other's errors. */
export const FOUNDATIONS = ['src/errors', 'src/formats', 'src/secrets'];

export interface Allowance {
  /** Folders whose values and types may be imported. `*`: everything. */
  readonly values: readonly string[];
  /** Folders of which only types may be imported (`import type`, gone at run time). */
  readonly types?: readonly string[];
}

export const ALLOWED: Readonly<Record<string, Allowance>> = {
  'src/main.ts': { values: ['*'] },
  'src/cli': {
    values: [
      'src/engine',
      'src/scheduler',
      'src/playbook',
      'src/journal',
      'src/inventory',
      'src/step',
      'src/output',
      'src/report',
    ],
  },
  'src/output': { values: [], types: ['src/journal'] },
  // A run as documents for people: pure text made of records, so it needs no store and no terminal.
  'src/report': { values: [], types: ['src/journal'] },
  'src/scheduler': { values: ['src/engine', 'src/playbook', 'src/journal'] },
  'src/engine': {
    values: ['src/step', 'src/playbook', 'src/journal', 'src/inventory'],
    types: ['src/world', 'src/notify'],
  },
  'src/guard': { values: ['src/clients', 'src/journal'] },
  'src/playbook': { values: ['src/step'] },
  'src/journal': { values: [], types: ['src/clients'] },
  'src/inventory': { values: [] },
  'src/notify': { values: ['src/clients', 'src/journal'], types: ['src/inventory', 'src/step'] },
  'src/world': { values: ['src/providers', 'src/clients', 'src/inventory', 'src/step'] },
  'src/providers': { values: [], types: ['src/inventory'] },
  'src/clients': { values: [] },
  'src/step': { values: [], types: ['src/clients', 'src/providers', 'src/inventory', 'src/journal'] },
  'src/errors': { values: [] },
  'src/formats': { values: ['src/errors'] },
  'src/secrets': { values: ['src/errors'] },
  steps: { values: ['src/step'] },
};

/** Which folders may import an npm package; one that is not listed may be imported nowhere. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@marcbachmann/cel-js': ['src/playbook'],
  '@sinclair/typebox': ['src/step', 'src/playbook'],
  ajv: ['src/step', 'src/playbook'],
  'ajv-formats': ['src/step', 'src/playbook'],
  commander: ['src/cli'],
  listr2: ['src/output'],
  pg: ['src/clients'],
  ulid: ['src/journal', 'src/engine'],
  undici: ['src/clients'],
  yaml: ['src/playbook', 'src/inventory', 'src/output', 'src/providers'],
};
