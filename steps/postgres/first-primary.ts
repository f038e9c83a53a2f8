import type { MemberLook } from '../../src/step/index.ts';
import { type Standing, standingOf } from './standing.ts';

/**
 * The first member that says it accepts writes, or null when none does. Does not wait for the rest: one that hangs must
 * not hold up clients who wait for the answer.
 */
export async function firstPrimary<M extends MemberLook>(
  members: readonly M[],
): Promise<{ readonly member: M; readonly standing: Standing } | null> {
  const asked = members.map(async (member) => {
    const standing = await standingOf(member);
    if (!standing.accepts_writes) throw new Error(`${member.name} is a standby`);
    return { member, standing };
  });
  return Promise.any(asked).catch(() => null);
}
