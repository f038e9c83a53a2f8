import type { Journal } from '../journal/store.ts';
import type { Attendance, EngineParts } from './engine-parts.ts';

/**
 * Does the work of one drive, and when the cluster is free again tells people how the run stands: a receiver in trouble
 * takes its time. `opened` hears of the journal as soon as it is open.
 */
export async function tellAfter<T>(
  { notifier, store }: EngineParts,
  { observer }: Attendance,
  work: (opened: (journal: Journal) => Promise<void>) => Promise<T>,
): Promise<T> {
  if (notifier === null) return work(async () => undefined);
  const runs: { readonly journal: Journal; readonly sent: string | null }[] = [];
  try {
    return await work(async (journal) => {
      const sent = await journal.directory('sent');
      notifier.begin(sent);
      runs.push({ journal, sent });
    });
  } finally {
    for (const { journal, sent } of runs) {
      for (const warning of await notifier.settle(journal.records, sent, store)) observer.onNotice?.(warning);
    }
  }
}
