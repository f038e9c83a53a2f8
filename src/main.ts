import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { probes, steps } from '../steps/index.ts';
import { runCli } from './cli/main.ts';
import { realIo } from './cli/process-io.ts';
import type { HomePlace, Program, RollbackRequest, RunIo, RunRequest, Services } from './cli/services.ts';
import type { Verb } from './cli/verb.ts';
import type { EngineParts } from './engine/engine-parts.ts';
import type { PlanFile } from './engine/run-saved-plan.ts';
import type { RunOrder } from './engine/start-run.ts';
import { PgdbaError } from './errors/pgdba-error.ts';
import { actorOf } from './inventory/actor.ts';
import { ensureHome, ensureReadableHome } from './inventory/home.ts';
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
  const notifier = once(async () => {
    const { Notifier } = await import('./notify/notifier.ts');
    return new Notifier({ home, targets: config.notifications, redactor });
  });
  const parts = once(async (): Promise<EngineParts> => {
    const [{ memoryStore }, { World }] = await Promise.all([
      import('./journal/memory-store.ts'),
      import('./world/world.ts'),
    ]);
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
      world: new World({
        inventory: known,
        redactor,
        provider,
        ...(config.notifications.length === 0 ? {} : { messenger: await notifier() }),
      }),
      redactor,
      maxRisk: config.max_risk,
      notifier: config.notifications.length === 0 ? null : await notifier(),
    };
  });
  const engine = async (): Promise<EngineParts> => {
    await ensureHome(home);
    return parts();
  };
  /** For what leaves nothing behind. */
  const looking = async (): Promise<EngineParts> => {
    await ensureReadableHome(home);
    return parts();
  };
  /** The order, and the saved plan that it carries out. */
  const orderOf = async (request: RunRequest): Promise<{ order: RunOrder; plan: PlanFile | null }> => {
    const { yes, confirm, retry, reason, journal, overrides, plan: file } = request;
    const target = { ...request.target, provider: request.target.provider ?? config.provider.type };
    const given = { target, consent: { yes, confirm, retry }, reason, journal };
    if (file !== null) {
      const [{ readPlan }, { orderOfPlan }] = await Promise.all([
        import('./engine/saved-plan.ts'),
        import('./engine/run-saved-plan.ts'),
      ]);
      const plan = { file, saved: await readPlan(file, version) };
      const playbook = await load(request.playbook ?? plan.saved.playbook.from);
      return { order: orderOfPlan(plan, playbook, given), plan };
    }
    const playbook = await load(request.playbook ?? '');
    const { bindInputs } = await import('./playbook/bind-inputs.ts');
    const inputs = JSON.parse(JSON.stringify(bindInputs(playbook, request.set)));
    return { order: { ...given, playbook, inputs, overrides, plan: null }, plan: null };
  };
  const undo = async (request: RollbackRequest, purpose: 'rollback' | 'cancel', io: RunIo) => {
    const { resumeRun } = await import('./engine/resume-run.ts');
    const { run, name, reason, waitMs, yes, confirm, retry } = request;
    const nothingSaid = { decisions: new Map(), drift: null, newVersion: false } as const;
    const order = { run, name, reason, purpose, consent: { yes, confirm, retry }, ...nothingSaid };
    return resumeRun(await engine(), order, attendance(io, waitMs));
  };
  return {
    ...place,
    store,
    inventory,
    host: provider,
    async run(request, io) {
      const { order, plan } = await orderOf(request);
      const around = attendance(io, request.waitMs);
      const leavesNothing = order.playbook.risk === 'read-only' && !order.journal;
      const ready = leavesNothing ? await looking() : await engine();
      if (plan === null) return (await import('./engine/start-run.ts')).startRun(ready, order, around);
      return (await import('./engine/run-saved-plan.ts')).runSavedPlan(ready, order, plan, around);
    },
    async plan(request, io) {
      const { order, plan } = await orderOf(request);
      const { planAndSave } = await import('./engine/plan-and-save.ts');
      return planAndSave(await looking(), order, { plan, out: request.out }, attendance(io, 0));
    },
    async resume(request, io) {
      const { resumeRun } = await import('./engine/resume-run.ts');
      const { waitMs, yes, confirm, retry, ...order } = request;
      const resume = { ...order, purpose: 'forward', consent: { yes, confirm, retry }, reason: null } as const;
      return resumeRun(await engine(), resume, attendance(io, waitMs));
    },
    rollback: (request, io) => undo(request, 'rollback', io),
    cancel: (request, io) => undo(request, request.how ?? 'cancel', io),
    notifyTest: async (name) => (await notifier()).test(name, new AbortController().signal),
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
