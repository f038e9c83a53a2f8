import { rmSync } from 'node:fs';
import { PgdbaError } from '../errors/pgdba-error.ts';
import { endChildren } from '../journal/children.ts';
import type { AnyRecord, StoredText } from '../journal/record.ts';
import { runPaths } from '../journal/run-directory.ts';
import type { Journal, JournalStore } from '../journal/store.ts';
import { loadPlaybook } from '../playbook/load.ts';
import type { Playbook } from '../playbook/playbook.ts';
import { childTexts, readFrom } from '../playbook/read-playbook.ts';
import { kept, undone } from '../step/answers.ts';
import { leaving } from './cancellation.ts';
import { copyGuardRecords } from './copy-guard-records.ts';
import { drive } from './drive.ts';
import type { ChildLeft, ChildOrder, ChildRuns, DriveContext, DriveParts } from './drive-context.ts';
import type { EngineParts } from './engine-parts.ts';
import { loadSteps } from './load-steps.ts';
import { openDrive } from './open-drive.ts';
import type { RunObserver } from './report.ts';
import { unitKey } from './run-state.ts';

const childGraceMs = 10_000;

/** Child runs act under their parent's lease, consent, actor and target; each has a journal of its own. */
export function childRuns(engine: EngineParts): ChildRuns {
  const drivenHere = new Set<string>();
  return {
    async drive(parent, order, signal) {
      drivenHere.add(order.run);
      const store = await storeOf(engine, parent);
      const known = await recordsOf(store, order.run);
      const ended = known.findLast(({ type }) => type === 'run.ended' || type === 'run.resumed');
      if (ended?.type === 'run.ended' && ended.data.status === 'succeeded')
        return { left: { ended: ended.data }, fence: null };
      const journal = known.length > 0 ? await store.open(order.run) : await begin(engine, store, parent, order);
      return withJournal(engine, parent, order.playbook, journal, async (context) => {
        if (context.state.driveBegan === 0)
          await recordCreated(engine, parent, order, context, await store.storedTexts(order.run));
        else await recordResumed(engine, context);
        const left = await drive(context, leaving(signal));
        return { left, fence: context.state.fence } satisfies ChildLeft;
      });
    },
    async close(parent, child) {
      const store = await storeOf(engine, parent);
      const known = await recordsOf(store, child);
      const last = known.findLast(({ type }) => type === 'run.ended' || type === 'run.resumed');
      if (known.length === 0 || last?.type === 'run.ended') return;
      await withJournal(
        engine,
        parent,
        await storedPlaybook(engine, store, child),
        await store.open(child),
        async (context) => {
          await recordResumed(engine, context);
          return drive(context, new AbortController().signal, 'close');
        },
      );
    },
    async undo(parent, child, signal) {
      const store = await storeOf(engine, parent);
      const known = await recordsOf(store, child);
      if (!known.some(({ type }) => type === 'run.created')) return undone;
      const playbook = await storedPlaybook(engine, store, child);
      return withJournal(engine, parent, playbook, await store.open(child), async (context) => {
        const { pivot, acted, rollback } = context.state;
        if (pivot !== null) return kept(`run ${child} is past its point of no return (task ${pivot})`);
        if (!acted || rollback?.outcome === 'complete') return undone;
        await recordResumed(engine, context);
        // What could not be undone is tried once more when an operator has its parent rolled back again.
        if (rollback?.outcome === 'failed' && !drivenHere.has(child))
          await context.append({ type: 'rollback.begun', data: { why: 'its parent is rolled back again' } });
        const left = await drive(context, signal, 'rollback');
        if (signal.aborted) throw signal.reason;
        const status = 'ended' in left ? left.ended.status : left.parked.status;
        if (status === 'rolled-back' || status === 'cancelled') return undone;
        if (status === 'partly-rolled-back') return kept(`run ${child} is partly undone: pgdba runs show ${child}`);
        const error = 'ended' in left ? left.ended.error : left.error;
        throw new PgdbaError('CHILD_FAILED', {
          facts: { run: child, task: 'rollback', status, problem: error?.error ?? 'it says no reason' },
          hint: error?.hint ?? `see what it did: pgdba runs show ${child}`,
        });
      });
    },
  };
}

async function storedPlaybook({ registry }: EngineParts, store: JournalStore, run: string): Promise<Playbook> {
  const { source, file, children } = await store.playbook(run);
  return loadPlaybook(source, file, registry, readFrom(children));
}

/** What leaves no trace has children that leave none. */
async function storeOf({ store, memory }: EngineParts, { parts }: DriveContext): Promise<JournalStore> {
  return (await parts.journal.directory('children')) === null ? memory : store;
}

/** None for a run that was only meant to begin: its parent died before. */
async function recordsOf(store: JournalStore, run: string): Promise<readonly AnyRecord[]> {
  try {
    return await store.read(run);
  } catch (thrown) {
    if (thrown instanceof PgdbaError && thrown.code === 'RUN_UNKNOWN') return [];
    throw thrown;
  }
}

/** Its parent may have died while it made the child's files: whole they are taken, half made they are made again. */
async function begin(
  { home }: EngineParts,
  store: JournalStore,
  parent: DriveContext,
  order: ChildOrder,
): Promise<Journal> {
  try {
    return await store.open(order.run);
  } catch (thrown) {
    if (!(thrown instanceof PgdbaError) || thrown.code !== 'RUN_UNKNOWN') throw thrown;
    // Its journal is made last. Without one it never had a record.
    rmSync(runPaths(home, order.run).directory, { recursive: true, force: true });
    return create(store, parent, order);
  }
}

function create(store: JournalStore, { parts }: DriveContext, { run, playbook }: ChildOrder): Promise<Journal> {
  const { name, version, source, file } = playbook;
  return store.create({
    id: run,
    playbook: name,
    version,
    cluster: parts.target?.name ?? null,
    actor: parts.actor,
    reason: null,
    source,
    file,
    children: childTexts(playbook),
    parent: parts.journal.run,
  });
}

async function withJournal<T>(
  engine: EngineParts,
  parent: DriveContext,
  playbook: Playbook,
  journal: Journal,
  use: (context: DriveContext) => Promise<T>,
): Promise<T> {
  try {
    const inherited: DriveParts = parent.parts;
    const observer = heardThrough(inherited.observer, parent, journal.run);
    return await use(
      openDrive({
        ...inherited,
        journal,
        playbook,
        ...(await loadSteps(playbook, engine.registry)),
        observer,
        overrides: new Map(),
      }),
    );
  } finally {
    await journal.close();
  }
}

async function recordCreated(
  { version, host }: EngineParts,
  { parts, state }: DriveContext,
  { playbook, inputs, task, item }: ChildOrder,
  context: DriveContext,
  stored: readonly StoredText[],
): Promise<void> {
  const { name, version: of, sha256, risk } = playbook;
  await context.append({
    type: 'run.created',
    data: {
      pgdba: version,
      playbook: { name, version: of, sha256, risk },
      inputs,
      target: state.target,
      actor: parts.actor,
      host,
      reason: null,
      consent: 'that of its parent',
      parent: { run: parts.journal.run, task, item },
      stored,
    },
  });
}

async function recordResumed({ version, host, actor }: EngineParts, context: DriveContext): Promise<void> {
  const children = await context.parts.journal.directory('children');
  if (children) await endChildren(children, { graceMs: childGraceMs, signal: new AbortController().signal });
  const { journal, target } = context.parts;
  if (target) await context.parts.world.endLeftovers(target, journal.run, new AbortController().signal);
  await context.append({
    type: 'run.resumed',
    data: { pgdba: version, playbook: context.playbook.name, actor, host, pid: process.pid },
  });
  await copyGuardRecords(context, children);
}

/** A child's records are those of another journal: its parent's audience hears of them as progress of the task. */
function heardThrough(observer: RunObserver, { state }: DriveContext, run: string): RunObserver {
  const unit = [...state.units.values()].find(({ child }) => child === run);
  const at = { task: unit?.task ?? run, item: unit?.item ?? null, done: null, total: null, unit: null };
  return {
    onRecord(record) {
      const { task, item } = record;
      const word = wordOf(record);
      if (task !== undefined && word !== null)
        observer.onProgress({ ...at, note: `${unitKey(task, item ?? null)} ${word}` });
    },
    onProgress: (progress) => observer.onProgress({ ...progress, ...at, note: `${progress.task}: ${progress.note}` }),
  };
}

function wordOf({ type, data }: AnyRecord): string | null {
  if (type === 'task.checked') return 'begins';
  if (type === 'task.result') return data.outcome === 'changed' || data.outcome === 'ok' ? 'done' : data.outcome;
  if (type === 'rollback.result') return data.outcome === 'failed' ? 'could not be undone' : data.outcome;
  return null;
}
