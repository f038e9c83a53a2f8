import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { endChildren } from './children.ts';
import { type RunFinding, statusTold } from './examine-runs.ts';
import { HeadFile } from './head-file.ts';
import { appendIndex } from './index-file.ts';
import type { AnyRecord, JournalRecord } from './record.ts';
import { runPaths } from './run-directory.ts';
import { endLine, headOf, type IndexLine, leftLine, type StartLine } from './run-index.ts';
import { RunReader } from './run-reader.ts';
import type { JournalStore } from './store.ts';

const childGraceMs = 10_000;

/**
 * Puts one finding right. Only adds to the index and never writes it anew: other processes may be adding to it at this
 * moment. Errors: RUN_ALIVE, COMMAND_FAILED, JOURNAL_*.
 */
export async function repairRun(home: string, store: JournalStore, { problem, run }: RunFinding): Promise<void> {
  // Every run of a lost index is a finding of its own.
  if (run === null) return;
  const paths = runPaths(home, run);
  const index = (line: IndexLine): void => appendIndex(join(home, 'runs', 'index.jsonl'), line);
  const now = new Date().toISOString();
  switch (problem) {
    case 'no-directory':
      return index({ is: 'pruned', id: run, at: now });
    case 'never-began':
      if (new RunReader(home).summary(run) !== null) return store.remove(run);
      return rmSync(paths.directory, { recursive: true, force: true });
    case 'removed-in-part':
      return rmSync(paths.directory, { recursive: true, force: true });
    case 'stray-programs':
      await endChildren(paths.children, { graceMs: childGraceMs });
      return;
    case 'torn-tail':
      // Opening it for driving is what cuts it and notes that it did.
      return (await store.open(run)).close();
    case 'head-behind': {
      const head = new HeadFile(paths.head);
      head.write(headOf(await store.read(run)));
      return head.close();
    }
    case 'not-in-index': {
      const records = await store.read(run);
      const created = records[0];
      if (created?.type === 'run.created') index(startOf(created));
      return index(standing(run, records, now));
    }
    case 'end-not-in-index':
      return index(standing(run, await store.read(run), now));
    default:
      return;
  }
}

/** The line that says how the journal's run stands. */
function standing(run: string, records: readonly AnyRecord[], now: string): IndexLine {
  const last = records.at(-1);
  return last?.type === 'run.ended' && statusTold(records, last) !== null ? endLine(last) : leftLine(run, records, now);
}

/** Its process is unknown by now, and gone: nobody lives under pid 0. */
function startOf({ run, ts, data }: JournalRecord<'run.created'>): StartLine {
  const { playbook, target, actor, reason, parent } = data;
  const name = target !== null && typeof target === 'object' && 'name' in target ? target['name'] : null;
  return {
    is: 'started',
    id: run,
    playbook: playbook.name,
    version: playbook.version,
    cluster: typeof name === 'string' ? name : null,
    actor,
    reason,
    started_at: ts,
    process: { boot_id: '', pid: 0, start_time: 0 },
    ...(parent ? { parent: parent.run } : {}),
  };
}
