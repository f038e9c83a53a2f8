import { listLeases } from '../../engine/lease/list-leases.ts';
import { asPgdbaError, PgdbaError } from '../../errors/pgdba-error.ts';
import { examineRuns, type RunFinding } from '../../journal/examine-runs.ts';
import { isOpen } from '../../journal/list-runs.ts';
import { repairRun } from '../../journal/repair-runs.ts';
import type { JournalStore, RunSummary } from '../../journal/store.ts';
import type { PlainCommand } from '../invocation.ts';

interface Row {
  readonly problem: RunFinding['problem'] | 'stale-lease' | 'locked-cluster' | 'unreadable-lease';
  readonly run: string | null;
  readonly detail: string;
  readonly hint: string;
  readonly repaired: boolean;
}

const command: PlainCommand = {
  define: (cli) => cli.option('--repair', 'put right what can be put right without losing anything'),
  examples: ['pgdba runs doctor --format table', 'pgdba runs doctor --repair'],
  async run({ services, home, options }) {
    const store = await services.store();
    const found = [...examineRuns(home)];
    const rows = options['repair'] === true ? await repairAll(home, store, found) : found.map((one) => row(one, false));
    const resumable = new Set(
      (await store.list({ limit: Number.MAX_SAFE_INTEGER })).filter(canGoOn).map(({ id }) => id),
    );
    const findings = [...rows, ...leases(home, resumable)];
    const open = findings.filter(({ repaired }) => !repaired);
    const data = { ok: open.length === 0, findings };
    if (data.ok) return { data };
    const error = new PgdbaError('RUNS_UNSOUND', {
      facts: { count: open.length, home, problems: [...new Set(open.map(({ problem }) => problem))] },
      hint:
        found.some(({ repairable }) => repairable) && !options['repair']
          ? 'pgdba runs doctor --repair'
          : (open[0]?.hint ?? ''),
    });
    return { data, error: error.toData(), exit: 1 };
  },
};
export default command;

async function repairAll(home: string, store: JournalStore, found: readonly RunFinding[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of found) {
    try {
      if (one.repairable) await repairRun(home, store, one);
      rows.push(row(one, one.repairable));
    } catch (thrown) {
      const { message, hint } = asPgdbaError(thrown);
      rows.push({ ...row(one, false), detail: `${one.detail}; not repaired: ${message}`, hint });
    }
  }
  return rows;
}

function row({ problem, run, detail, hint, repairable }: RunFinding, repaired: boolean): Row {
  return { problem, run, detail, hint: repairable && !repaired ? `--repair would ${hint}` : hint, repaired };
}

function canGoOn({ status }: RunSummary): boolean {
  return isOpen(status);
}

/** Leases are not put right here: the next run takes a stale one over, and a locked cluster is an operator's decision. */
function leases(home: string, resumable: ReadonlySet<string>): Row[] {
  try {
    return listLeases(home).flatMap(({ run, state, directory, key, why }): Row[] => {
      const where = `${key} of ${directory}`;
      if (state === 'held') return [];
      if (state === 'quarantined') {
        const hint = `look at the cluster, then: pgdba lease ack ${run} --reason "…"`;
        return [{ problem: 'locked-cluster', run, detail: `${where}: ${why ?? ''}`, hint, repaired: false }];
      }
      const next = 'the next run takes it over';
      const hint = resumable.has(run) ? `${next}; bring this one to its end with: pgdba runs resume ${run}` : next;
      return [{ problem: 'stale-lease', run, detail: `${where}: ${why ?? state}`, hint, repaired: false }];
    });
  } catch (thrown) {
    const { message, hint } = asPgdbaError(thrown);
    return [{ problem: 'unreadable-lease', run: null, detail: message, hint, repaired: false }];
  }
}
