import { setTimeout as sleep } from 'node:timers/promises';
import type { Login } from '../formats/guard-talk.ts';
import type { MemberPost } from './posts.ts';

/**
 * Asks all members at once, each every 50 ms, until one says that it accepts writes; null when none does in time.
 * One that does not answer keeps nobody waiting.
 */
export async function findPrimary(members: readonly MemberPost[], withinMs: number): Promise<Login | null> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), withinMs);
  try {
    return await Promise.any(members.map((post) => untilPrimary(post, stop.signal)));
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

const lookEvery = 50;

async function untilPrimary(post: MemberPost, stop: AbortSignal): Promise<Login> {
  while (!stop.aborted) {
    if (await acceptsWrites(post, stop).catch(() => false)) return post.member;
    await sleep(lookEvery, undefined, { signal: stop }).catch(() => undefined);
  }
  throw new Error(`${post.member.name} accepts no writes`);
}

/**
 * Asked twice when the answer is yes: a server that shuts down refuses new logins before it ends its sessions, and a
 * pooler has to log in.
 */
async function acceptsWrites({ session }: MemberPost, stop: AbortSignal): Promise<boolean> {
  const ask = async () => {
    const { rows } = await session.use((open, signal) => open.query<Answer>(question, undefined, { signal }), stop);
    return rows[0]?.writable === true;
  };
  if (!(await ask())) return false;
  session.close();
  return ask();
}

interface Answer {
  readonly writable: boolean;
}

const question = `
  select not pg_catalog.pg_is_in_recovery() and pg_catalog.current_setting('transaction_read_only') = 'off' as writable`;
