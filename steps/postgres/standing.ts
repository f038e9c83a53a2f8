import type { MemberLook } from '../../src/step/index.ts';

/** What a member says of itself by SQL. */
export interface Standing {
  readonly member: string;
  readonly accepts_writes: boolean;
  /** Of its newest WAL; null for a standby that receives none. */
  readonly timeline: number | null;
}

// Not pg_control_checkpoint(): after a promotion it names the new timeline only once the next checkpoint is written.
const text = `
  select not pg_catalog.pg_is_in_recovery() as accepts_writes,
         case when pg_catalog.pg_is_in_recovery()
              then (select received_tli from pg_catalog.pg_stat_wal_receiver)
              else ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))
                   ::pg_catalog.bit(32)::pg_catalog.int4
         end as timeline`;

/** Errors: CONNECT_FAILED and whatever else keeps it from answering. */
export async function standingOf(member: MemberLook): Promise<Standing> {
  const [row] = await member.sql<{ accepts_writes: boolean; timeline: number | null }>(text);
  return {
    member: member.name,
    accepts_writes: row?.accepts_writes === true,
    timeline: row?.timeline ?? null,
  };
}
