import { describe, PgdbaError } from '../errors/pgdba-error.ts';
import { decodeBrief, encodeAnswer, type GuardBrief, guardFailed } from '../formats/guard-talk.ts';
import { GuardJournal } from '../journal/guard-journal.ts';
import { announceGuard, findLivingGuard } from '../journal/guard-presence.ts';
import { Redactor } from '../secrets/redactor.ts';
import { Diary } from './diary.ts';
import { leavePosts, type Posts, takePosts } from './posts.ts';
import { neverBegan, type Pulse, type WatchEnd } from './pulse.ts';
import { longestRelease, release } from './release.ts';

/**
 * A guard's whole life: takes its order, says `ready`, waits until pgdba is done, gone or too late, and in the last two
 * cases ends the hold itself. Answers the exit code: 0 when no client is left waiting.
 */
export async function guardHold(pulse: Pulse, say: (line: string) => void): Promise<number> {
  const redactor = new Redactor();
  let armed: Armed;
  try {
    armed = await Promise.race([arm(pulse, redactor), pulse.ended.then(neverBegan)]);
  } catch (thrown) {
    say(encodeAnswer({ is: 'failed', problem: redactor.redact(problemOf(thrown)) }));
    return 1;
  }
  const { brief, posts, diary, leave } = armed;
  try {
    say(encodeAnswer({ is: 'ready' }));
    void pulse.reached.then(() => diary.reached());
    const end = await Promise.race([pulse.done, pulse.ended, deadline(pulse, brief)]);
    if (!end) return 0;
    let gaveUp = false;
    const work = release(posts, brief, (round) => {
      const released = diary.tell(end, round);
      if (released) say(encodeAnswer({ is: 'released', ...released }));
      gaveUp ||= round.poolers.some(({ resumed }) => !resumed);
    });
    // pgdba may still release the hold itself while a pooler keeps the guard waiting.
    await Promise.race([work, pulse.done]);
    return gaveUp ? 1 : 0;
  } finally {
    diary.finish();
    leavePosts(posts);
    leave();
  }
}

interface Armed {
  readonly brief: GuardBrief;
  readonly posts: Posts;
  readonly diary: Diary;
  readonly leave: () => void;
}

/** How long a hold may take to be reached, besides its own time: PAUSE waits for transactions to end. */
const reachPatienceMs = 60_000;

async function arm(pulse: Pulse, redactor: Redactor): Promise<Armed> {
  const brief = decodeBrief(await pulse.brief);
  for (const { password } of [...brief.poolers, ...brief.members]) redactor.add(password);
  const { run, task, directory } = brief;
  const other = findLivingGuard(directory);
  if (other) throw guardFailed(`another guard of run ${run} still works (pid ${other.pid})`);
  const posts = await takePosts(brief);
  try {
    const diary = new Diary(new GuardJournal(directory, { run, task, redactor }));
    diary.begin(brief);
    const leave = announceGuard(directory, { task, ends_within_ms: longestRelease(brief) });
    return { brief, posts, diary, leave };
  } catch (thrown) {
    leavePosts(posts);
    throw thrown;
  }
}

async function deadline({ reached }: Pulse, { within_ms }: GuardBrief): Promise<WatchEnd> {
  const late: WatchEnd = { why: 'deadline', problem: undefined };
  return new Promise((resolve) => {
    let timer = setTimeout(resolve, within_ms + reachPatienceMs, late);
    void reached.then(() => {
      clearTimeout(timer);
      timer = setTimeout(resolve, within_ms, late);
    });
  });
}

function problemOf(thrown: unknown): string {
  return thrown instanceof PgdbaError && thrown.code === 'GUARD_FAILED'
    ? String(thrown.facts['problem'])
    : describe(thrown);
}
