import { type Look, type MemberLook, PgdbaError } from '../../src/step/index.ts';
import { type Standing, standingOf } from '../postgres/standing.ts';
import { within } from '../within.ts';
import { readHandoverConfig } from './dynamic-config.ts';
import { describeAnswer, judgeAnswer } from './switchover-answer.ts';
import type { SwitchoverAnswer, SwitchoverMemo } from './switchover-memory.ts';

export type SwitchoverOutcome =
  | { readonly is: 'done'; readonly leader: string; readonly timeline: number }
  | { readonly is: 'rolled-back' | 'under-way' | 'unknown'; readonly why: string };

export interface Patience {
  /** How long Patroni may work on it, in ms; without it what its own configuration allows. */
  readonly patience?: number;
}

/** A hung member must not hold up clients who wait. */
const answerMs = 1000;
/** Nor must a Patroni that is busy with what has just been done. */
const confirmMs = 100;
/** The least that Patroni may be configured to: ttl 20 s, and 10 s twice. */
const shortestMs = 40_000;
/** A request whose connection ended may still be written to the DCS for that long; also dcs_last_seen has whole seconds. */
const closeMs = 2000;
/** So long when nobody knows when, or whether, it was sent. Sent a second time it is harmless: it names who must lead. */
const straggleMs = 5000;

/**
 * What became of a switchover, by the world alone: by SQL who accepts writes and on which timeline, by REST what that
 * member's Patroni says. The answer of Patroni only tells how soon "nothing happened" can be believed.
 * Errors: SPLIT_BRAIN.
 */
export async function lookAfter(
  look: Look<Patience>,
  memo: SwitchoverMemo,
  answer: SwitchoverAnswer | undefined,
): Promise<SwitchoverOutcome> {
  const members = await look.members();
  const old = members.find(({ name }) => name === memo.from);
  const others = members.filter(({ name }) => name !== memo.from);
  const wanted = others.find(({ name }) => name === memo.to);
  const [before, found, wantedRole] = await Promise.all([
    old ? within(standingOf(old), answerMs).catch(() => null) : null,
    within(firstRaised(others, memo), answerMs),
    wanted ? roleOf(wanted) : null,
  ]);
  if (found) {
    if (before?.accepts_writes) throw bothWrite(look, [memo.from, found.member.name]);
    const { member, standing } = found;
    return confirm(standing, member === wanted ? wantedRole : await roleOf(member));
  }
  const said = answer ? describeAnswer(answer) : 'Patroni gave no answer that was recorded';
  const late = await isLate(look, memo, members);
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

/** The second source: its own Patroni. One that does not answer does not unmake a primary. */
function confirm({ member, timeline }: Standing, role: string | null): SwitchoverOutcome {
  if (role === 'replica') {
    return { is: 'under-way', why: `${member} accepts writes, its Patroni calls it a replica` };
  }
  return { is: 'done', leader: member, timeline: timeline ?? 0 };
}

/** What its Patroni calls it; null when it does not say so at once. */
async function roleOf(member: MemberLook): Promise<string | null> {
  const said = member.patroni().then(
    ({ role }) => role,
    () => null,
  );
  return within(said, confirmMs);
}

/** Patroni had all the time it may take, and then some. */
async function isLate(
  { now, params }: Look<Patience>,
  { asked_at }: SwitchoverMemo,
  members: readonly MemberLook[],
): Promise<boolean> {
  const waited = now().getTime() - Date.parse(asked_at) - straggleMs;
  if (params.patience !== undefined) return waited > params.patience;
  if (waited < shortestMs) return false;
  const config = await within(Promise.any(members.map(readHandoverConfig)), answerMs).catch(() => null);
  if (!config) return waited > shortestMs + 10_000;
  return waited > config.ttl_ms + 2 * Math.max(10_000, config.loop_wait_ms);
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
    answerMs,
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
