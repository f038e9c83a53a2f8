import { dirname } from 'node:path';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster } from '../inventory/cluster.ts';
import { endChildren } from '../journal/children.ts';
import { loadPlaybook } from '../playbook/load.ts';
import type { Playbook } from '../playbook/playbook.ts';
import type { Target } from '../world/world.ts';
import { type ConsentFlags, checkRiskCap, obtainConsent } from './consent.ts';
import { drive } from './drive.ts';
import type { DriveContext } from './drive-context.ts';
import type { Attendance, EngineParts } from './engine-parts.ts';
import { guardRecords } from './guard-process.ts';
import { recordGuardRelease } from './holds.ts';
import { leaseCluster } from './lease-cluster.ts';
import { loadSteps } from './load-steps.ts';
import { openDrive } from './open-drive.ts';
import type { RunReport } from './report.ts';
import { reportRun } from './report-run.ts';
import { fold, isMap, type RunState } from './run-state.ts';

export interface ResumeOrder {
  /** Full id. */
  readonly run: string;
  /** As named on the command line; destructive work asks for it again. */
  readonly name: string | null;
  readonly consent: Omit<ConsentFlags, 'named' | 'maxRisk'>;
  /** What an operator knows about events that nobody can prove. */
  readonly decisions: ReadonlyMap<string, 'done' | 'not-done'>;
}

const childGraceMs = 10_000;

/**
 * Goes on with a run that was left: its stored playbook, its frozen inputs, the world as it is now.
 * Errors: RUN_UNKNOWN, RUN_ENDED, LEASE_BUSY (also while its old process lives), JOURNAL_*, CONSENT_REQUIRED.
 */
export async function resumeRun(parts: EngineParts, order: ResumeOrder, attendance: Attendance): Promise<RunReport> {
  const { store, registry, inventory, world, redactor, version, actor, host } = parts;
  const { run } = order;
  const before = fold(await store.read(run));
  await refuseEnded(parts, run, before);
  const { source, file } = await store.playbook(run);
  const playbook = await loadPlaybook(source, file, registry);
  const target = targetOf(before);
  const cluster = target ? await inventory.read(target.name) : null;
  await refuseStale(parts, run, before, playbook, cluster);
  checkRiskCap(playbook.risk, parts.maxRisk);
  await agreeAgain(parts, order, playbook, target, attendance);

  const lease = await leaseCluster(parts, { run, playbook, target, cluster }, attendance);
  try {
    if (!lease) await refuseAlive(parts, run);
    const journal = await store.open(run);
    try {
      const children = await journal.directory('children');
      if (children) await endChildren(children, { graceMs: childGraceMs, signal: attendance.signal });
      const loaded = await loadSteps(playbook, registry);
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
      await context.append({
        type: 'run.resumed',
        data: { pgdba: version, playbook: playbook.name, actor, host, pid: process.pid },
      });
      await lease?.record(context);
      await recordGuards(context, children);
      await recordDecisions(context, order, actor);
      const left = await drive(context, signal);
      return reportRun({ id: run, playbook, cluster: target?.name ?? null }, left, context.state.acted);
    } finally {
      await journal.close();
    }
  } finally {
    await lease?.release();
  }
}

/** What a guard did after its pgdba had died. */
async function recordGuards(context: DriveContext, children: string | null): Promise<void> {
  if (children === null) return;
  for (const record of await guardRecords(dirname(children))) {
    const taken = context.state.units.get(record.task)?.lastIntent;
    const intent = context.parts.journal.records.find(({ seq }) => seq === taken);
    // What guards did for an earlier taking of the same hold is history.
    if (record.type !== 'released' || !intent || record.ts < intent.ts) continue;
    const { pointed_at, why } = record.data;
    await recordGuardRelease(context, record.task, { at: record.ts, pointed_at, why });
  }
}

async function recordDecisions(context: DriveContext, { decisions }: ResumeOrder, by: string): Promise<void> {
  for (const [key, decision] of decisions) {
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
}

/** What has ended well or was undone has nothing left to do; what was stopped by a failure has. */
async function refuseEnded({ store }: EngineParts, run: string, { ended }: RunState): Promise<void> {
  if (ended === null || ended.status === 'failed' || ended.status === 'cancelled') return;
  const open = (await store.list({ limit: 100 })).find(({ status }) => status === 'interrupted');
  throw new PgdbaError('RUN_ENDED', {
    facts: { run, status: ended.status },
    hint: open
      ? `the one that is open is another: pgdba runs resume ${open.id}`
      : `see what it did: pgdba runs show ${run}`,
  });
}

/**
 * A run goes on only with the cluster it began with, and disruptive work only when nobody has worked on it since: an old
 * `stop` or `destroy` that is resumed after the cluster was started or made anew would surprise everybody.
 */
async function refuseStale(
  { store }: EngineParts,
  run: string,
  { target }: RunState,
  playbook: Playbook,
  cluster: Cluster | null,
): Promise<void> {
  const recorded = isMap(target) ? target : {};
  const name = String(recorded['name'] ?? '');
  const hint = `look at it with \`pgdba cluster list\`; if it is what you want: pgdba run ${playbook.name} --name ${name}`;
  const known = [recorded['cluster_id'] ?? run, recorded['system_identifier'] ?? cluster?.system_identifier];
  if (cluster && (cluster.id !== known[0] || cluster.system_identifier !== known[1])) {
    throw new PgdbaError('RUN_STALE', {
      facts: { run, cluster: name, found: cluster.id, expected: String(known[0]) },
      hint,
    });
  }
  if (playbook.risk !== 'disruptive' && playbook.risk !== 'destructive') return;
  const [newest] = await store.list({ limit: 1, cluster: name });
  if (!newest || newest.id === run) return;
  const facts = { run, by: newest.id, playbook: newest.playbook, cluster: name };
  throw new PgdbaError('RUN_SUPERSEDED', { facts, hint });
}

/** A run without a lease (target: none) is protected from two drivers by its process alone. */
async function refuseAlive({ store }: EngineParts, run: string): Promise<void> {
  const found = await store.summary(run);
  if (found?.status !== 'running') return;
  throw new PgdbaError('RUN_ALIVE', { facts: { run, pid: found.pid ?? 0 }, hint: 'wait until it ends' });
}

/** Consent holds for the run, except that destructive work asks again: the operator may be another one. */
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
