import {
  type Act,
  change,
  defineStep,
  kept,
  type Look,
  type MemberAct,
  notDone,
  PgdbaError,
  pending,
  satisfied,
  Type,
  unknown,
} from '../../src/step/index.ts';
import { standingOf } from '../postgres/standing.ts';
import { judgeAnswer, switchoverAnswer } from './switchover-answer.ts';
import { memo, receipt, type SwitchoverAnswer, type SwitchoverMemo } from './switchover-memory.ts';
import { awaitNewPrimary, lookAfter, type Patience } from './switchover-outcome.ts';

const params = Type.Object({
  from: Type.Member({ description: 'The primary.' }),
  to: Type.Member({ description: 'The standby that takes over.' }),
  patience: Type.Optional(
    Type.Duration({ description: 'How long Patroni may work on it [its ttl + 2 × the longer of 10s and loop_wait].' }),
  ),
});

export default defineStep({
  id: 'patroni.switchover',
  version: 1,
  since: '0.2.0',
  summary: 'Hand the primary role from one member to another, and look at the members for what came of it.',
  effect: 'once',
  moves: 'timeline',
  risk: 'disruptive',
  params,
  result: Type.Object({
    from: Type.String(),
    leader: Type.String({ description: 'Who accepts writes now.' }),
    timeline: Type.Integer(),
    instead_of: Type.Union([Type.String(), Type.Null()], { description: 'Who should have, when it is another.' }),
  }),
  memo,
  receipt,
  settle: { every: '20ms', within: '2m' },
  examples: [{ title: 'From n1 to n2', with: { from: 'n1', to: 'n2' } }],

  // Clients are held already, so this asks one member one question.
  async check(look) {
    const { from, to } = look.params;
    const { accepts_writes, timeline } = await standingOf(await look.member(from));
    if (!accepts_writes || timeline === null) throw await moved(look, from);
    return change(
      `hand the primary role from ${from} to ${to}`,
      { from, to, timeline, asked_at: look.now().toISOString() },
      { predicted: { from, leader: to, timeline: timeline + 1, instead_of: null } },
    );
  },

  // Patroni answers a second or more after the new primary accepts writes, so its answer is not waited for: whichever
  // comes first counts, the new primary or a refusal.
  async apply(act, memo) {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(act.params.patience ?? 50_000)]);
    const leader = await act.member(memo.from);
    const others = (await act.members()).filter(({ name }) => name !== memo.from);
    const answer = switchoverAnswer(leader, memo, signal);
    const seen = awaitNewPrimary(act, others, memo, over.signal);
    try {
      const first = await Promise.race([answer, seen]);
      if (first === null) return await answer;
      if ('member' in first) return noAnswer(act, `${first.member} accepts writes on a new timeline`);
      if (judgeAnswer(first) !== 'refused') await Promise.race([seen, untilSettled(act, memo, first, leader)]);
      return first;
    } finally {
      over.abort();
    }
  },

  async verify(look, memo, receipt) {
    const outcome = await lookAfter(look, memo, receipt);
    switch (outcome.is) {
      case 'done':
        return satisfied({
          from: memo.from,
          leader: outcome.leader,
          timeline: outcome.timeline,
          instead_of: outcome.leader === memo.to ? null : memo.to,
        });
      case 'rolled-back':
        return notDone(outcome.why);
      case 'under-way':
        return pending(outcome.why);
      case 'unknown':
        return unknown(outcome.why);
    }
  },

  async rollback() {
    return kept('the new primary stays: switching back would be another switchover');
  },
});

async function moved(look: Look, expected: string): Promise<PgdbaError> {
  const primary = await look.primary();
  return new PgdbaError('PRIMARY_MOVED', {
    facts: { primary: primary.name, expected },
    hint: `somebody was faster; look, then decide again: pgdba cluster status --name ${look.target.name}`,
  });
}

function noAnswer(look: Look, text: string): SwitchoverAnswer {
  return { status: null, text, at: look.now().toISOString() };
}

/** Has the leader run its loop meanwhile: what it does not begin then, it will not begin. */
async function untilSettled(
  act: Act<Patience>,
  memo: SwitchoverMemo,
  said: SwitchoverAnswer,
  leader: MemberAct,
): Promise<void> {
  for (;;) {
    await leader.wake().catch(() => undefined);
    const outcome = await lookAfter(act, memo, said);
    if (outcome.is !== 'under-way') return;
    await act.sleep(500);
  }
}
