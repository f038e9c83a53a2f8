import { PgdbaError } from '../errors/pgdba-error.ts';
import { endChildren } from '../journal/children.ts';
import type { Journal } from '../journal/store.ts';
import { loadPlaybook } from '../playbook/load.ts';
import type { Playbook } from '../playbook/playbook.ts';
import { readFrom } from '../playbook/read-playbook.ts';
import type { Target } from '../world/world.ts';
import { type ConsentFlags, checkRiskCap, obtainConsent } from './consent.ts';
import { copyGuardRecords } from './copy-guard-records.ts';
import { drive } from './drive.ts';
import type { DriveContext } from './drive-context.ts';
import type { Attendance, EngineParts } from './engine-parts.ts';
import { openFence } from './fence.ts';
import { fold } from './fold.ts';
import { leaseCluster } from './lease-cluster.ts';
import { loadSteps } from './load-steps.ts';
import { refuseAlive, refuseEnded, refuseUnbegun, whyStale } from './may-go-on.ts';
import { newVersion, takeNewVersion } from './new-version.ts';
import { prepareDrive } from './prepare-drive.ts';
import type { RunReport } from './report.ts';
import { reportRun } from './report-run.ts';
import { isMap, type RunState } from './run-state.ts';
import { tellAfter } from './tell-after.ts';
import type { Purpose } from './transition.ts';

export interface ResumeOrder {
  /** Full id. */
  readonly run: string;
  /** forward: go on · rollback: undo what it changed · cancel: as its playbook says in `on_cancel`. */
  readonly purpose: 'forward' | 'rollback' | 'cancel';
  /** As named on the command line; destructive work asks for it again. */
  readonly name: string | null;
  readonly consent: Omit<ConsentFlags, 'named' | 'maxRisk'>;
  /** What an operator knows about events that nobody can prove. */
  readonly decisions: ReadonlyMap<string, 'done' | 'not-done'>;
  /** What to do about what has moved since; null: stop and ask. */
  readonly drift: 'reapply' | 'accept' | null;
  /** Go on with the playbook as its file is now. */
  readonly newVersion: boolean;
  readonly reason: string | null;
}

const childGraceMs = 10_000;

/**
 * Goes on with a run that was left: its stored playbook, its frozen inputs, the world as it is now. The same for undoing
 * it and for closing it.
 * Errors: RUN_UNKNOWN, RUN_NEVER_BEGAN, RUN_ENDED, RUN_STALE, RUN_SUPERSEDED, PIVOT_PASSED, LEASE_BUSY (also while its old process
 * lives), RUN_ALIVE, NEW_VERSION_MISFIT, JOURNAL_*, CONSENT_REQUIRED.
 */
export async function resumeRun(parts: EngineParts, order: ResumeOrder, attendance: Attendance): Promise<RunReport> {
  const { store, registry, inventory } = parts;
  const { run } = order;
  const before = fold(await store.read(run));
  refuseUnbegun(run, before);
  const stored = await store.playbook(run);
  const old = await loadPlaybook(stored.source, stored.file, registry, readFrom(stored.children));
  const wanted = purposeOf(order, old, before);
  await refuseEnded(parts, run, before, wanted);
  const playbook = order.newVersion ? await newVersion(run, old, before, registry) : old;
  const target = targetOf(before);
  const cluster = target ? await inventory.read(target.name) : null;
  const stale = await whyStale(parts, run, before, playbook, cluster);
  if (stale && order.purpose !== 'cancel') throw stale;
  const purpose = stale ? 'abandon' : wanted;
  checkRiskCap(playbook.risk, parts.maxRisk);
  if (wanted !== 'close') await agreeAgain(parts, order, playbook, target, attendance);

  const subject = { run, playbook, target, cluster };
  return tellAfter(parts, attendance, async (opened) => {
    const lease = await leaseCluster(parts, subject, attendance);
    try {
      if (!lease) await refuseAlive(parts, run);
      const journal = await store.open(run);
      try {
        // Whoever had the lease until now may have brought it to its end.
        await refuseEnded(parts, run, fold(journal.records), purpose);
        await opened(journal);
        await endOldPrograms(journal, attendance.signal);
        if (target) await parts.world.endLeftovers(target, run, attendance.signal);
        const loaded = await loadSteps(playbook, registry);
        const fence = lease && openFence(parts, subject);
        const agreed = order.consent.yes || order.consent.confirm;
        const { drift } = order;
        const context = prepareDrive(
          parts,
          { journal, playbook, ...loaded, target, lease, fence, agreed, drift },
          attendance,
        );
        await recordResumed(context, parts);
        await lease?.record(context);
        await copyGuardRecords(context, await journal.directory('children'));
        if (order.newVersion) await takeNewVersion(context, store, playbook);
        await recordOrders(context, order, purpose);
        const left = await drive(context, attendance.signal, purpose);
        return reportRun({ id: run, playbook, cluster: target?.name ?? null }, left, context.state.acted);
      } finally {
        await journal.close();
      }
    } finally {
      await lease?.release();
    }
  });
}

function purposeOf({ purpose }: ResumeOrder, { on_cancel }: Playbook, { pivot, acted, rollback }: RunState): Purpose {
  if (purpose !== 'cancel') return purpose;
  const undoes = rollback !== null || (on_cancel === 'rollback' && acted && pivot === null);
  return undoes ? 'rollback' : 'close';
}

/** What the dead process had started may still be at work. */
async function endOldPrograms(journal: Journal, signal: AbortSignal): Promise<void> {
  const children = await journal.directory('children');
  if (children) await endChildren(children, { graceMs: childGraceMs, signal });
}

async function recordResumed(context: DriveContext, { version, actor, host }: EngineParts): Promise<void> {
  await context.append({
    type: 'run.resumed',
    data: { pgdba: version, playbook: context.playbook.name, actor, host, pid: process.pid },
  });
}

/** What the operator said with this order becomes part of the journal before anything is done by it. */
async function recordOrders(context: DriveContext, order: ResumeOrder, purpose: Purpose): Promise<void> {
  const { actor: by } = context.parts;
  for (const [key, decision] of order.decisions) {
    const unit = context.state.units.get(key);
    if (!unit) {
      throw new PgdbaError('USAGE', {
        facts: { problem: `the run has no task ${key} to decide about` },
        hint: `pgdba runs show ${context.parts.journal.run} lists its tasks`,
      });
    }
    const where = { task: unit.task, ...(unit.item === null ? {} : { item: unit.item }) };
    await context.append({ type: 'decision.given', ...where, data: { decision, by } });
  }
  if (order.drift !== null && context.state.fence !== null) {
    const diff = 'the cluster may stand elsewhere than this run last saw it';
    await context.append({ type: 'drift.decided', data: { decision: order.drift, by, diff } });
  }
  if (purpose === 'forward') return;
  const how = purpose === 'rollback' ? 'rollback' : 'leave';
  await context.append({ type: 'run.cancel', data: { how, by, why: order.reason } });
  const again = context.state.rollback?.outcome === 'failed' || context.state.rollback?.outcome === 'partial';
  if (how === 'rollback' && again)
    await context.append({ type: 'rollback.begun', data: { why: 'it was asked for again', by } });
}

/** Consent holds for the run, except that going on with destructive work asks again: the operator may be another one. */
async function agreeAgain(
  { world, inventory, maxRisk }: EngineParts,
  { consent, name }: ResumeOrder,
  playbook: Playbook,
  target: Target | null,
  { prompt, signal }: Attendance,
): Promise<void> {
  if (playbook.risk !== 'destructive') return;
  const cluster = target ? await inventory.read(target.name) : null;
  if (cluster) await world.proveIdentity(cluster);
  const shown = cluster ? await world.describe(cluster) : [];
  const subject = { playbook: playbook.name, risk: playbook.risk, cluster: target?.name ?? null, shown };
  if (name !== null && target && name !== target.name) {
    throw new PgdbaError('USAGE', {
      facts: { problem: `the run is about cluster ${target.name}, not ${name}` },
      hint: `name the cluster it is about: --name ${target.name} --confirm`,
    });
  }
  const named = name !== null && name === target?.name;
  await obtainConsent(subject, { ...consent, named, maxRisk }, prompt, signal);
}

function targetOf({ target }: RunState): Target | null {
  return isMap(target) ? { name: String(target['name']), provider: String(target['provider']) } : null;
}
