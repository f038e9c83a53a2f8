import { appendFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { change, defineStep, PgdbaError, satisfied, Type, undone } from '../../src/step/index.ts';
import type { ProbeIndex, StepIndex } from '../../src/step/registry.ts';

const params = Type.Object({ in: Type.String(), name: Type.String() });

interface Waiting {
  readonly params: { readonly in: string; readonly name: string };
  sleep(ms: number): Promise<void>;
}

/** Says where the run is by a file `NAME.WHERE.began`, and stays there as long as `NAME.WHERE.held` exists. */
async function gate({ params: { in: folder, name }, sleep }: Waiting, where: string): Promise<void> {
  const file = (suffix: string): string => join(folder, `${name}.${where}.${suffix}`);
  writeFileSync(file('began'), '');
  while (existsSync(file('held'))) await sleep(10);
}

/** Makes a file, and can be held while it looks, works, looks again and undoes. `NAME.fails`: it fails after its work. */
const work = defineStep({
  id: 'work',
  version: 1,
  since: '0.1.0',
  summary: 'Make a file, slowly.',
  effect: 'idempotent',
  risk: 'safe',
  params,
  result: Type.Object({}),
  memo: Type.Object({}),
  settle: { every: '10ms', within: '50ms' },
  async check(look) {
    const made = existsSync(join(look.params.in, look.params.name));
    await gate(look, made ? 'verify' : 'check');
    return made ? satisfied({}) : change('make it', {});
  },
  async apply(act) {
    const { in: folder, name } = act.params;
    await gate(act, 'apply');
    appendFileSync(join(folder, 'deeds'), `apply ${name}\n`);
    if (existsSync(join(folder, `${name}.fails`))) {
      throw new PgdbaError('COMMAND_FAILED', { facts: { program: name, exit: 1, problem: 'told to' } });
    }
    writeFileSync(join(folder, name), '');
  },
  async rollback(act) {
    const { in: folder, name } = act.params;
    await gate(act, 'undo');
    appendFileSync(join(folder, 'deeds'), `undo ${name}\n`);
    rmSync(join(folder, name), { force: true });
    return undone;
  },
});

/** Looks, and can be held there. */
const look = defineStep({
  id: 'look',
  version: 1,
  since: '0.1.0',
  summary: 'Look, slowly.',
  effect: 'none',
  risk: 'read-only',
  params,
  result: Type.Object({}),
  async check(eyes) {
    await gate(eyes, 'look');
    return satisfied({});
  },
});

/** Runs a program of this host for as long as it lets it. */
const program = defineStep({
  id: 'program',
  version: 1,
  since: '0.1.0',
  summary: 'Run a program.',
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({ argv: Type.Array(Type.String()) }),
  result: Type.Object({}),
  memo: Type.Object({}),
  check: async () => change('run it', {}),
  async apply(act) {
    await act.host.run(act.params.argv, { maxOutput: 1000 });
  },
  rollback: async () => undone,
});

export const steps: StepIndex = {
  'program@1': async () => ({ default: program }),
  'work@1': async () => ({ default: work }),
  'look@1': async () => ({ default: look }),
};

export const probes: ProbeIndex = {};
