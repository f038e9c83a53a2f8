import type { AnyRecord } from '../journal/record.ts';

/** A moment in which somebody, or another program, had a say in the run. */
export interface Intervention {
  readonly at: string;
  readonly what: string;
  readonly task: string | null;
  readonly by: string | null;
  readonly why: string | null;
}

/** Null for the records of ordinary work. */
export function interventionIn(record: AnyRecord): Intervention | null {
  const said = sayOf(record);
  if (!said) return null;
  const { task, item } = record;
  const where = task === undefined ? null : item === undefined ? task : `${task}[${item}]`;
  return { at: record.ts, what: said.what, task: where, by: said.by ?? null, why: said.why ?? null };
}

interface Say {
  readonly what: string;
  readonly by?: string;
  readonly why?: string | null;
}

function sayOf(record: AnyRecord): Say | null {
  switch (record.type) {
    case 'run.resumed':
      return { what: 'run resumed', by: `${record.data.actor} on ${record.data.host}` };
    case 'precheck.overridden':
      return { what: 'precheck overridden', by: record.data.by, why: record.data.reason };
    case 'task.answered':
      return { what: record.data.yes ? 'question answered: yes' : 'question answered: no', by: record.data.by };
    case 'task.retry':
      return { what: `tried again, attempt ${record.data.attempt + 1}`, why: record.data.why };
    case 'approval.asked':
      return { what: 'approval asked', by: record.data.requested_by, why: record.data.question };
    case 'approval.given': {
      const { approved, by, reason } = record.data;
      return { what: approved ? 'approved' : 'rejected', by, why: reason };
    }
    case 'drift.decided':
      return { what: `drift: ${record.data.decision}`, by: record.data.by, why: record.data.diff };
    case 'decision.given':
      return { what: `decided: ${record.data.decision}`, by: record.data.by };
    case 'run.cancel':
      return { what: `cancelled: ${record.data.how}`, by: record.data.by, why: record.data.why };
    case 'playbook.replaced':
      return { what: `playbook replaced by version ${record.data.version}`, by: record.data.by };
    case 'run.parked':
      return { what: `stopped: ${record.data.status}`, why: record.data.why };
    case 'rollback.begun':
      return { what: 'rollback begun', why: record.data.why, ...(record.data.by ? { by: record.data.by } : {}) };
    case 'lease.stolen':
      return { what: `took over from run ${record.data.from}`, why: record.data.why };
    case 'lease.lost':
      return { what: `lost the cluster to run ${record.data.holder}` };
    case 'hold.retaken':
      return { what: 'hold taken again', why: record.data.why };
    case 'journal.repaired':
      return { what: 'journal repaired', why: `${record.data.cut_bytes} bytes of a torn last line were cut off` };
    default:
      return null;
  }
}
