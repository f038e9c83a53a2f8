import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { MemberLook } from '../step/index.ts';

const recovering = 'select pg_catalog.pg_is_in_recovery() as recovering';

/**
 * The member that accepts writes, by asking every one of them. Who does not answer is not it.
 * Errors: NO_PRIMARY, SPLIT_BRAIN, IDENTITY_MISMATCH.
 */
export async function findPrimary<M extends MemberLook>(cluster: Cluster, members: readonly M[]): Promise<M> {
  return (await askPrimary(cluster, members, recovering)).member;
}

/**
 * The same with a question of the caller's own, which answers one row with `recovering` in it: what the primary says.
 * Errors: NO_PRIMARY, SPLIT_BRAIN, IDENTITY_MISMATCH.
 */
export async function askPrimary<M extends MemberLook, Row extends { readonly recovering: boolean }>(
  cluster: Cluster,
  members: readonly M[],
  question: string,
): Promise<{ readonly member: M; readonly row: Row }> {
  const answers = await Promise.allSettled(members.map((member) => member.sql<Row>(question)));
  const primaries = members.flatMap((member, index) => {
    const answer = answers[index];
    if (answer?.status === 'rejected' && isPermanent(answer.reason)) throw answer.reason;
    const row = answer?.status === 'fulfilled' ? answer.value[0] : undefined;
    return row?.recovering === false ? [{ member, row }] : [];
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
      facts: { cluster: cluster.name, members: primaries.map(({ member }) => member.name) },
      hint: 'stop writing now; fence all but one of them before anything else',
    });
  }
  return primary;
}

/** What no waiting mends: another database answers, or the password cannot even be read. */
function isPermanent(reason: unknown): boolean {
  return reason instanceof PgdbaError && ['IDENTITY_MISMATCH', 'SECRET_UNREADABLE'].includes(reason.code);
}
