import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { probes, steps } from '../steps/index.ts';
import { runCli } from './cli/main.ts';
import { realIo } from './cli/process-io.ts';
import type { HomePlace, Program, RunIo, RunRequest, Services } from './cli/services.ts';
import type { Verb } from './cli/verb.ts';
import type { EngineParts } from './engine/engine-parts.ts';
import type { RunOrder } from './engine/start-run.ts';
import { PgdbaError } from './errors/pgdba-error.ts';
import { actorOf } from './inventory/actor.ts';
import { ensureHome } from './inventory/home.ts';
import { packageRoot } from './playbook/package-root.ts';
import type { Provider } from './providers/provider.ts';
import { Redactor } from './secrets/redactor.ts';
import { Registry } from './step/registry.ts';

/**
 * The composition root: knows every concrete piece, and loads each when it is first needed. Answers the exit code.
 * `io` is the process unless a test hands in streams of its own.
 */
export function main(argv: readonly string[], io = realIo()): Promise<number> {
  return runCli(argv, program(), io);
}

function program(): Program {
  const redactor = new Redactor();
  const registry = new Registry(steps, probes);
  const { version } = JSON.parse(readFileSync(`${packageRoot()}/package.json`, 'utf8'));
  const load = async (nameOrFile: string) => {
    const [{ findPlaybook }, { loadPlaybook }] = await Promise.all([
      import('./playbook/catalogue.ts'),
      import('./playbook/load.ts'),
    ]);
    const { source, file } = await findPlaybook(nameOrFile);
    return loadPlaybook(source, file, registry);
  };
  return {
    version,
    redactor,
    verbs: once(readVerbs),
    playbook: load,
    registry: async () => registry,
    open: (place) => services(place, { redactor, registry, version, load }),
  };
}

interface Shared {
  readonly redactor: Redactor;
  readonly registry: Registry;
  readonly version: string;
  load: Program['playbook'];
}

function services(place: HomePlace, { redactor, registry, version, load }: Shared): Services {
  const { home, config } = place;
  const inventory = once(async () => {
    const { Inventory } = await import('./inventory/inventory.ts');
    return new Inventory(home);
  });
  const store = once(async () => {
    const { fileStore } = await import('./journal/file-store.ts');
    return fileStore({ home, redactor });
  });
  const provider = (name: string) => openProvider(name, home);
  const engine = once(async (): Promise<EngineParts> => {
    const [{ memoryStore }, { World }] = await Promise.all([
      import('./journal/memory-store.ts'),
      import('./world/world.ts'),
    ]);
    await ensureHome(home);
    const known = await inventory();
    return {
      home,
      version,
      actor: actorOf(process.env),
      host: hostname(),
      store: await store(),
      memory: memoryStore({ redactor }),
      registry,
      inventory: known,
      world: new World({ inventory: known, redactor, provider }),
      redactor,
      maxRisk: config.max_risk,
    };
  });
  const orderOf = async (request: RunRequest): Promise<RunOrder> => {
    const playbook = await load(request.playbook);
    const { bindInputs } = await import('./playbook/bind-inputs.ts');
    const { yes, confirm, retry, reason, journal, target } = request;
    return {
      playbook,
      inputs: JSON.parse(JSON.stringify(bindInputs(playbook, request.set))),
      target: { ...target, provider: target.provider ?? config.provider.type },
      consent: { yes, confirm, retry },
      reason,
      journal,
    };
  };
  return {
    ...place,
    store,
    inventory,
    host: provider,
    async run(request, io) {
      const { startRun } = await import('./engine/start-run.ts');
      return startRun(await engine(), await orderOf(request), attendance(io, request.waitMs));
    },
    async plan(request, io) {
      const { planRun } = await import('./engine/plan-run.ts');
      return planRun(await engine(), await orderOf(request), attendance(io, 0));
    },
    async resume(request, io) {
      const { resumeRun } = await import('./engine/resume-run.ts');
      const { run, name, yes, confirm, retry, decisions } = request;
      const order = { run, name, decisions, consent: { yes, confirm, retry } };
      return resumeRun(await engine(), order, attendance(io, request.waitMs));
    },
  };
}

function attendance({ observer, prompt, signal }: RunIo, waitMs: number | null) {
  return { observer, prompt, signal, waitMs: waitMs ?? 0 };
}

async function openProvider(name: string, home: string): Promise<Provider> {
  switch (name) {
    case 'local': {
      const { localProvider } = await import('./providers/local/index.ts');
      return localProvider({ home });
    }
    case 'docker':
    case 'baremetal':
    case 'kubernetes':
      throw new PgdbaError('NOT_YET', {
        facts: { feature: `provider ${name}` },
        hint: 'add --provider local: it runs the servers as processes of this machine',
      });
    default:
      throw new PgdbaError('PROVIDER_UNKNOWN', {
        facts: { provider: name },
        hint: 'providers are docker, baremetal, kubernetes and local; local is the one that is built',
      });
  }
}

/** What the build wrote; from the sources when there is no build, as in a test. */
async function readVerbs(): Promise<readonly Verb[]> {
  try {
    const { verbs } = JSON.parse(await readFile(`${packageRoot()}/dist/verbs.json`, 'utf8'));
    return verbs;
  } catch {
    const [{ shippedVerbs }, { plainCommands }] = await Promise.all([
      import('./playbook/catalogue.ts'),
      import('./cli/plain-commands.ts'),
    ]);
    return [...(await shippedVerbs()), ...plainCommands];
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
