import { ulid } from 'ulid';
import type { Json } from '../journal/record.ts';
import type { Journal } from '../journal/store.ts';
import type { Playbook } from '../playbook/playbook.ts';
import { type ConsentFlags, checkRiskCap, obtainConsent } from './consent.ts';
import { drive } from './drive.ts';
import type { DriveContext } from './drive-context.ts';
import type { Attendance, EngineParts } from './engine-parts.ts';
import { leaseCluster } from './lease-cluster.ts';
import { loadSteps } from './load-steps.ts';
import { openDrive } from './open-drive.ts';
import type { RunReport } from './report.ts';
import { reportRun } from './report-run.ts';
import { describeTarget, type ResolvedTarget, resolveTarget, type TargetOrder } from './resolve-target.ts';

export interface RunOrder {
  readonly playbook: Playbook;
  /** Bound and checked; secrets by reference. */
  readonly inputs: Readonly<Record<string, Json>>;
  readonly target: TargetOrder;
  readonly consent: Omit<ConsentFlags, 'named' | 'maxRisk'>;
  readonly reason: string | null;
  /** Keep a journal of a read-only run, too. */
  readonly journal: boolean;
}

/** Runs a playbook: target, consent, lease, journal, drive. Errors before the run exists are thrown: it has no id. */
export async function startRun(parts: EngineParts, order: RunOrder, attendance: Attendance): Promise<RunReport> {
  const { playbook } = order;
  checkRiskCap(playbook.risk, parts.maxRisk);
  const loaded = await loadSteps(playbook, parts.registry);
  const resolved = await resolveTarget(playbook.target, order.target, parts.inventory);
  if (resolved.target) await parts.world.requireProvider(resolved.target);
  const consent = await agree(parts, order, resolved, attendance);

  const id = ulid();
  const lease = await leaseCluster(parts, { run: id, playbook, ...resolved }, attendance);
  try {
    const journal = await createJournal(parts, order, resolved, id);
    try {
      const { target } = resolved;
      const { world, redactor } = parts;
      const { observer, prompt, signal } = attendance;
      const agreed = order.consent.yes || order.consent.confirm;
      const context = openDrive({
        journal,
        playbook,
        ...loaded,
        target,
        world,
        redactor,
        lease,
        prompt,
        agreed,
        observer,
      });
      await recordCreated(context, parts, order, resolved, consent);
      await lease?.record(context);
      const left = await drive(context, signal);
      const shown = { id: isListed(order) ? id : null, playbook, cluster: target?.name ?? null };
      return reportRun(shown, left, context.state.acted);
    } finally {
      await journal.close();
    }
  } finally {
    await lease?.release();
  }
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

function createJournal(
  { store, memory, actor }: EngineParts,
  order: RunOrder,
  { target }: ResolvedTarget,
  id: string,
): Promise<Journal> {
  const { playbook, reason } = order;
  const { name, version, source, file } = playbook;
  const cluster = target?.name ?? null;
  return (isListed(order) ? store : memory).create({
    id,
    playbook: name,
    version,
    cluster,
    actor,
    reason,
    source,
    file,
  });
}

async function recordCreated(
  context: DriveContext,
  { version, actor, host }: EngineParts,
  { playbook, inputs, reason }: RunOrder,
  resolved: ResolvedTarget,
  consent: string,
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
    },
  });
}
