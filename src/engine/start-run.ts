import { ulid } from 'ulid';
import type { Json, StoredText } from '../journal/record.ts';
import type { Journal, JournalStore } from '../journal/store.ts';
import type { Playbook } from '../playbook/playbook.ts';
import { childTexts } from '../playbook/read-playbook.ts';
import { type ConsentFlags, checkRiskCap, obtainConsent } from './consent.ts';
import { drive } from './drive.ts';
import type { DriveContext } from './drive-context.ts';
import type { Attendance, EngineParts } from './engine-parts.ts';
import { openFence } from './fence.ts';
import { leaseCluster } from './lease-cluster.ts';
import { loadSteps } from './load-steps.ts';
import { checkOverrides } from './overrides.ts';
import { prepareDrive } from './prepare-drive.ts';
import type { RunReport } from './report.ts';
import { reportRun } from './report-run.ts';
import { describeTarget, type ResolvedTarget, resolveTarget, type TargetOrder } from './resolve-target.ts';
import { tellAfter } from './tell-after.ts';

export interface RunOrder {
  readonly playbook: Playbook;
  /** Bound and checked; secrets by reference. */
  readonly inputs: Readonly<Record<string, Json>>;
  readonly target: TargetOrder;
  readonly consent: Omit<ConsentFlags, 'named' | 'maxRisk'>;
  readonly reason: string | null;
  /** Keep a journal of a read-only run, too. */
  readonly journal: boolean;
  /** Prechecks that shall not stop it, each with the operator's reason. */
  readonly overrides: ReadonlyMap<string, string>;
  /** Hash of the saved plan that it carries out. */
  readonly plan: string | null;
}

/** Runs a playbook: target, consent, lease, journal, drive. Errors before the run exists are thrown: it has no id. */
export async function startRun(parts: EngineParts, order: RunOrder, attendance: Attendance): Promise<RunReport> {
  const { playbook } = order;
  checkRiskCap(playbook.risk, parts.maxRisk);
  checkOverrides(playbook, order.overrides);
  const loaded = await loadSteps(playbook, parts.registry);
  const resolved = await resolveTarget(playbook.target, order.target, parts.inventory);
  if (resolved.target) await parts.world.requireProvider(resolved.target);
  const consent = await agree(parts, order, resolved, attendance);

  const id = ulid();
  const subject = { run: id, playbook, ...resolved };
  return tellAfter(parts, attendance, async (opened) => {
    const lease = await leaseCluster(parts, subject, attendance);
    try {
      const journal = await createJournal(parts, order, resolved, id);
      try {
        await opened(journal);
        const { target } = resolved;
        const { yes, confirm } = order.consent;
        const fence = lease && openFence(parts, subject);
        const { overrides } = order;
        const given = { journal, playbook, ...loaded, target, lease, fence, agreed: yes || confirm, overrides };
        const context = prepareDrive(parts, given, attendance);
        const stored = await storeOf(parts, order).storedTexts(id);
        await recordCreated(context, parts, order, { resolved, consent, stored });
        await lease?.record(context);
        await recordOverrides(context, order);
        const left = await drive(context, attendance.signal);
        const shown = { id: isListed(order) ? id : null, playbook, cluster: target?.name ?? null };
        return reportRun(shown, left, context.state.acted);
      } finally {
        await journal.close();
      }
    } finally {
      await lease?.release();
    }
  });
}

/** Both facts of destructive work: the name the operator gave, and the identity that answers there now. */
async function agree(
  { world, maxRisk }: EngineParts,
  { playbook, consent }: RunOrder,
  { cluster, named }: ResolvedTarget,
  { prompt, signal }: Attendance,
): Promise<string> {
  const serious = playbook.risk === 'disruptive' || playbook.risk === 'destructive';
  if (cluster && playbook.risk === 'destructive') await world.proveIdentity(cluster);
  const shown = cluster && serious ? await world.describe(cluster) : [];
  const subject = { playbook: playbook.name, risk: playbook.risk, cluster: cluster?.name ?? null, shown };
  return obtainConsent(subject, { ...consent, named, maxRisk }, prompt, signal);
}

/** A read-only run leaves no trace unless the caller asks for one. */
function isListed({ playbook, journal }: RunOrder): boolean {
  return playbook.risk !== 'read-only' || journal;
}

function storeOf({ store, memory }: EngineParts, order: RunOrder): JournalStore {
  return isListed(order) ? store : memory;
}

function createJournal(parts: EngineParts, order: RunOrder, { target }: ResolvedTarget, id: string): Promise<Journal> {
  const { playbook, reason } = order;
  const { name, version, source, file } = playbook;
  const cluster = target?.name ?? null;
  return storeOf(parts, order).create({
    id,
    playbook: name,
    version,
    cluster,
    actor: parts.actor,
    reason,
    source,
    file,
    children: childTexts(playbook),
  });
}

async function recordOverrides(context: DriveContext, { overrides }: RunOrder): Promise<void> {
  for (const [task, reason] of overrides) {
    await context.append({ type: 'precheck.overridden', task, data: { reason, by: context.parts.actor } });
  }
}

async function recordCreated(
  context: DriveContext,
  { version, actor, host }: EngineParts,
  { playbook, inputs, reason, plan }: RunOrder,
  { resolved, consent, stored }: { resolved: ResolvedTarget; consent: string; stored: readonly StoredText[] },
): Promise<void> {
  await context.append({
    type: 'run.created',
    data: {
      pgdba: version,
      playbook: { name: playbook.name, version: playbook.version, sha256: playbook.sha256, risk: playbook.risk },
      inputs,
      target: describeTarget(resolved),
      actor,
      host,
      reason,
      consent,
      ...(plan === null ? {} : { plan }),
      stored,
    },
  });
}
