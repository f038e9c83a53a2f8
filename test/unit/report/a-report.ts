import type { AnyRecord } from '../../../src/journal/record.ts';
import type { RunReport } from '../../../src/report/run-report.ts';
import { runView } from '../../../src/report/run-view.ts';

/** A report as `runs export` makes it of these records. */
export function reportOf(records: readonly AnyRecord[]): RunReport {
  const view = runView(records);
  const evidence = {
    records: records.length,
    head: 'ab'.repeat(32),
    torn_bytes: 0,
    verified_at: '2026-11-20T13:00:00.000Z',
  };
  return { view, status: view.status ?? 'interrupted', evidence };
}
