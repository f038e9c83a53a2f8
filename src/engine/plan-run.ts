import { ulid } from 'ulid';
import { describe, PgdbaError } from '../errors/pgdba-error.ts';
import type { Playbook } from '../playbook/playbook.ts';
import type { Registry } from '../step/registry.ts';
import { isCancellation } from './cancellation.ts';
import { checkRiskCap } from './consent.ts';
import { refusalOf } from './decide.ts';
import type { Attendance, EngineParts } from './engine-parts.ts';
import { openFence } from './fence.ts';
import type { Lending } from './lend.ts';
import { type LoadedSteps, loadSteps } from './load-steps.ts';
import { checkOverrides } from './overrides.ts';
import type { Plan } from './plan.ts';
import { planPlaybook } from './plan-playbook.ts';
import { countChanges } from './plan-row.ts';
import { Foresight, type Watch } from './plan-site.ts';
import { describeTarget, type ResolvedTarget, resolveTarget } from './resolve-target.ts';
import type { RunOrder } from './start-run.ts';

/** In a plan, in the place of the id that the run will have. */
const runToBe = '<run>';

/**
 * `--check`: prechecks and checks really look, by read-only sessions and GET, with no lease and a journal in memory.
 * From the first task that would change something, predicted results flow on, and what cannot be known is called so.
 * The same world gives the same plan. Errors: RISK_CAPPED, OVERRIDE_FORBIDDEN, USAGE, those of the target, INTERRUPTED.
 */
export async function planRun(
  parts: EngineParts,
  order: Pick<RunOrder, 'playbook' | 'inputs' | 'target' | 'overrides'>,
  attendance: Pick<Attendance, 'observer' | 'signal'>,
): Promise<Plan> {
  const { playbook, inputs, overrides } = order;
  checkRiskCap(playbook.risk, parts.maxRisk);
  checkOverrides(playbook, overrides);
  const loaded = await loadAll(playbook, parts.registry);
  const resolved = await resolveTarget(playbook.target, order.target, parts.inventory);
  if (resolved.target) await parts.world.requireProvider(resolved.target);
  const { world, redactor, actor } = parts;
  const { observer, signal } = attendance;
  const journal = await parts.memory.create({ ...nobodysRun(playbook, resolved), actor });
  const lending = { parts: { journal, world, observer, target: resolved.target, redactor } };
  const open = (of: Playbook) => watchOn(of, lending, loaded);
  const foresight = new Foresight();
  const target = describeTarget(resolved);
  try {
    const fence = openFence(parts, { run: journal.run, playbook, ...resolved });
    const stands = (await fence?.read(signal)) ?? null;
    const { tasks, probes } = await planPlaybook(
      { drive: open(playbook), inputs, target, signal, foresight, overrides, prefix: '', final: false },
      open,
    );
    const { name, version, risk } = playbook;
    const refusal = foresight.refusals.length > 0 ? refusalOf(foresight.refusals) : null;
    const changes = countChanges(tasks);
    const plan: Plan = { playbook: name, version, target, stands, risk, changes, tasks, probes, refusal };
    return JSON.parse(redactor.redact(JSON.stringify(plan)).replaceAll(journal.run, runToBe));
  } catch (thrown) {
    throw signal.aborted ? interrupted(signal.reason) : thrown;
  } finally {
    await journal.close();
  }
}

/** The steps of the playbook and of every child run below it. */
async function loadAll(playbook: Playbook, registry: Registry): Promise<LoadedSteps> {
  const below = await Promise.all([...playbook.children.values()].map((child) => loadAll(child, registry)));
  const all = [await loadSteps(playbook, registry), ...below];
  return {
    steps: new Map(all.flatMap(({ steps }) => [...steps])),
    probes: new Map(all.flatMap(({ probes }) => [...probes])),
  };
}

function watchOn(playbook: Playbook, lending: Lending, { steps, probes }: LoadedSteps): Watch {
  const loaded = <T>(known: ReadonlyMap<string, T>, uses: string): T => {
    const found = known.get(uses);
    if (!found) throw new Error(`${uses} was not loaded before the plan`);
    return found;
  };
  return {
    ...lending,
    playbook,
    step: ({ uses }) => loaded(steps, uses),
    probe: (uses) => loaded(probes, uses),
  };
}

function nobodysRun({ name, version, source, file }: Playbook, { target }: ResolvedTarget) {
  return { id: ulid(), playbook: name, version, source, file, cluster: target?.name ?? null, reason: null };
}

function interrupted(reason: unknown): PgdbaError {
  return new PgdbaError('INTERRUPTED', {
    facts: { by: isCancellation(reason) ? reason.by : describe(reason) },
    hint: 'nothing was changed; look again when you like',
  });
}
