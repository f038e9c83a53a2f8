import { describe, type Look, type MemberLook, PgdbaError } from '../../src/step/index.ts';
import { type Standing, standingOf } from '../postgres/standing.ts';
import { within } from '../within.ts';
import { describeAnswer, judgeAnswer } from './switchover-answer.ts';
import type { SwitchoverAnswer, SwitchoverMemo } from './switchover-memory.ts';

export type SwitchoverOutcome =
  | { readonly is: 'done'; readonly leader: string; readonly timeline: number }
  | { readonly is: 'rolled-back' | 'under-way' | 'unknown'; readonly why: string };

/** A hung member must not hold up clients who wait. */
const patienceMs = 1000;
/** A request whose connection ended may still be written to the DCS for that long; also dcs_last_seen has whole seconds. */
const closeMs = 2000;
/** So long when nobody knows when, or whether, it was sent. */
const straggleMs = 15_000;

/**
 * What became of a switchover, by the world alone: by SQL who accepts writes and on which timeline, by REST what that
 * member's Patroni says. The answer of Patroni only tells how soon "nothing happened" can be believed.
 * Errors: SPLIT_BRAIN.
 */
export async function lookAfter(
  look: Look,
  memo: SwitchoverMemo,
  answer: SwitchoverAnswer | undefined,
): Promise<SwitchoverOutcome> {
  const members = await look.members();
  const old = members.find(({ name }) => name === memo.from);
  const others = members.filter(({ name }) => name !== memo.from);
  const [before, found] = await Promise.all([
    old ? within(standingOf(old), patienceMs).catch(() => null) : null,
    within(firstRaised(others, memo), patienceMs),
  ]);
  if (found) {
    if (before?.accepts_writes) throw bothWrite(look, [memo.from, found.member.name]);
    return confirm(found.member, found.standing);
  }
  const said = answer ? describeAnswer(answer) : 'Patroni gave no answer that was recorded';
  const late = look.now().getTime() > Date.parse(memo.asked_at) + memo.patience_ms + straggleMs;
  if (old && before?.accepts_writes && before.timeline === memo.timeline) {
    if (await isSettled(old, memo, answer))
      return { is: 'rolled-back', why: `${said}; ${memo.from} is still the primary` };
    return late
      ? { is: 'unknown', why: `${said}; ${memo.from} still accepts writes, but its Patroni does not run its loop` }
      : { is: 'under-way', why: `${memo.from} still accepts writes (${said})` };
  }
  if (before?.accepts_writes) return { is: 'rolled-back', why: `${said}; ${memo.from} was promoted again` };
  return late
    ? { is: 'unknown', why: `${said}; no member accepts writes` }
    : { is: 'under-way', why: 'no member accepts writes yet' };
}

/** Looks every 20 ms at each member by itself, until one accepts writes on a raised timeline; null when `signal` ends it. */
export async function awaitNewPrimary(
  look: Look,
  others: readonly MemberLook[],
  memo: SwitchoverMemo,
  signal: AbortSignal,
): Promise<Standing | null> {
  const watches = others.map(async (member) => {
    while (!signal.aborted) {
      const standing = await standingOf(member).catch(() => null);
      if (standing && isRaised(standing, memo)) return standing;
      await look.sleep(20);
    }
    throw new Error('no longer asked');
  });
  return Promise.any(watches).catch(() => null);
}

async function firstRaised(others: readonly MemberLook[], memo: SwitchoverMemo) {
  const asked = others.map(async (member) => {
    const standing = await standingOf(member);
    if (!isRaised(standing, memo)) throw new Error(`${member.name} does not lead`);
    return { member, standing };
  });
  return Promise.any(asked).catch(() => null);
}

function isRaised({ accepts_writes, timeline }: Standing, memo: SwitchoverMemo): boolean {
  return accepts_writes && timeline !== null && timeline > memo.timeline;
}

/** The second source: its own Patroni. A Patroni that does not answer does not unmake a primary. */
async function confirm(member: MemberLook, { timeline }: Standing): Promise<SwitchoverOutcome> {
  const said = await within(
    member.patroni().then(({ role }) => role, describe),
    patienceMs,
  );
  if (said === 'replica')
    return { is: 'under-way', why: `${member.name} accepts writes, its Patroni calls it a replica` };
  return { is: 'done', leader: member.name, timeline: timeline ?? 0 };
}

/**
 * Nothing is under way any more: Patroni refused, or the leader has run a whole loop since the last moment at which the
 * request can have been written, and a loop either begins a switchover or drops it.
 */
async function isSettled(
  old: MemberLook,
  memo: SwitchoverMemo,
  answer: SwitchoverAnswer | undefined,
): Promise<boolean> {
  if (answer && judgeAnswer(answer) === 'refused') return true;
  const since = answer ? Date.parse(answer.at) + closeMs : Date.parse(memo.asked_at) + straggleMs;
  const body = await within(
    old.get('/patroni').then(
      (reply) => reply.body,
      () => null,
    ),
    patienceMs,
  );
  const seen = typeof body === 'object' && body !== null && 'dcs_last_seen' in body ? Number(body.dcs_last_seen) : 0;
  return seen * 1000 > since;
}

function bothWrite(look: Look, members: readonly string[]): PgdbaError {
  return new PgdbaError('SPLIT_BRAIN', {
    facts: { cluster: look.target.name, members },
    hint: 'stop writing now; fence all but one of them before anything else',
  });
}
