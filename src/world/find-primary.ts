import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { MemberLook } from '../step/index.ts';

/**
 * The member that accepts writes, by asking every one of them. Who does not answer is not it.
 * Errors: NO_PRIMARY, SPLIT_BRAIN, IDENTITY_MISMATCH.
 */
export async function findPrimary<M extends MemberLook>(cluster: Cluster, members: readonly M[]): Promise<M> {
  const answers = await Promise.allSettled(
    members.map((member) => member.sql<{ recovering: boolean }>('select pg_catalog.pg_is_in_recovery() as recovering')),
  );
  const primaries = members.filter((_, index) => {
    const answer = answers[index];
    if (answer?.status === 'rejected' && isPermanent(answer.reason)) throw answer.reason;
    return answer?.status === 'fulfilled' && answer.value[0]?.recovering === false;
  });
  const [primary] = primaries;
  if (!primary) {
    throw new PgdbaError('NO_PRIMARY', {
      facts: { cluster: cluster.name, asked: members.map((member) => member.name) },
      hint: `see what each member says: pgdba cluster status --name ${cluster.name}`,
    });
  }
  if (primaries.length > 1) {
    throw new PgdbaError('SPLIT_BRAIN', {
      facts: { cluster: cluster.name, members: primaries.map((member) => member.name) },
      hint: 'stop writing now; fence all but one of them before anything else',
    });
  }
  return primary;
}

/** What no waiting mends: another database answers, or the password cannot even be read. */
function isPermanent(reason: unknown): boolean {
  return reason instanceof PgdbaError && ['IDENTITY_MISMATCH', 'SECRET_UNREADABLE'].includes(reason.code);
}
