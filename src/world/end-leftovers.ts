import { setTimeout as delay } from 'node:timers/promises';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { MemberAct } from '../step/index.ts';

/** The sessions of which a run that goes on must not find one at work. */
export interface Leftovers {
  readonly applicationName: string;
  /** Process ids of this process's own sessions on a member. */
  own(member: string): readonly number[];
}

const goneWithin = 10_000;
const lookEvery = 50;

/**
 * Ends what a process of the run that died has left on a member, and waits until it is gone with its locks.
 * Errors: STATEMENT_ALIVE; CONNECT_FAILED and others when the member cannot be asked.
 */
export async function endLeftovers(member: MemberAct, { applicationName, own }: Leftovers): Promise<void> {
  const end = performance.now() + goneWithin;
  for (;;) {
    const { rows } = await member.execute(terminate, [applicationName, own(member.name)]);
    const [left] = rows;
    if (!left) return;
    if (performance.now() > end) {
      throw new PgdbaError('STATEMENT_ALIVE', {
        facts: { server: member.name, pid: Number(left['pid']), problem: 'it was terminated and does not end' },
        hint: `see what it does: select * from pg_stat_activity where application_name = '${applicationName}'`,
      });
    }
    await delay(lookEvery);
  }
}

// A pooler's session keeps the name of its last client while it rests: only its statement is the run's. A name is cut
// to 63 bytes by the server, as by the cast.
const terminate = `
  select pid, pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
   where application_name = $1::name::text and backend_type = 'client backend'
     and pid <> pg_catalog.pg_backend_pid() and pid <> all ($2::int[])
     and (state is distinct from 'idle' or usename = current_user)`;
