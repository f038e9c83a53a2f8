import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { MemberLook } from '../step/index.ts';
import { askPrimary } from './find-primary.ts';

/** Where a cluster stands: which database system, how often it was promoted, and who leads it. */
export interface ClusterStanding {
  readonly primary: string;
  readonly system_identifier: string;
  readonly timeline: number;
}

// Not pg_control_checkpoint(): after a promotion it names the new timeline only once the next checkpoint is written.
const question = `
  select recovering, system_identifier::pg_catalog.text as system_identifier,
         case when not recovering
              then ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))
                   ::pg_catalog.bit(32)::pg_catalog.int4
         end as timeline
    from pg_catalog.pg_is_in_recovery() as recovering, pg_catalog.pg_control_system()`;

interface Answer {
  readonly recovering: boolean;
  readonly system_identifier: string;
  readonly timeline: number;
}

/** One question to all members at once; null when none of them accepts writes. Errors: SPLIT_BRAIN, IDENTITY_MISMATCH. */
export async function readStanding(cluster: Cluster, members: readonly MemberLook[]): Promise<ClusterStanding | null> {
  try {
    const { member, row } = await askPrimary<MemberLook, Answer>(cluster, members, question);
    return { primary: member.name, system_identifier: row.system_identifier, timeline: row.timeline };
  } catch (thrown) {
    if (thrown instanceof PgdbaError && thrown.code === 'NO_PRIMARY') return null;
    throw thrown;
  }
}
