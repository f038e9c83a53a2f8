import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { connectConsole, type PgBouncerConsole } from '../clients/pgbouncer.ts';
import { connect, type PostgresConnection } from '../clients/postgres.ts';
import { describe } from '../errors/pgdba-error.ts';
import { type GuardBrief, type GuardedPooler, guardFailed, type Login } from '../formats/guard-talk.ts';
import { Secret } from '../secrets/secret.ts';
import { Session } from './session.ts';

/** A pooler that must not stay paused, and the open session to its console. */
export interface PoolerPost {
  readonly pooler: GuardedPooler;
  readonly console: Session<PgBouncerConsole>;
}

/** A member that may be the primary when the time comes. */
export interface MemberPost {
  readonly member: Login;
  readonly session: Session<PostgresConnection>;
}

export interface Posts {
  readonly poolers: readonly PoolerPost[];
  readonly members: readonly MemberPost[];
}

/**
 * Connects to everything the guard will need, and proves that it could do its work at this moment: every console
 * answers, every target file can be replaced, at least one member lets it in. Errors: GUARD_FAILED.
 */
export async function takePosts(brief: GuardBrief): Promise<Posts> {
  const posts: Posts = {
    poolers: brief.poolers.map((pooler) => ({ pooler, console: new Session(toConsole(brief, pooler), patienceMs) })),
    members: brief.members.map((member) => ({ member, session: new Session(toMember(brief, member), patienceMs) })),
  };
  try {
    await Promise.all([...posts.poolers.map(provePooler), proveMembers(posts.members)]);
    return posts;
  } catch (thrown) {
    leavePosts(posts);
    throw guardFailed(describe(thrown), thrown);
  }
}

export function leavePosts({ poolers, members }: Posts): void {
  for (const { console } of poolers) console.close();
  for (const { session } of members) session.close();
}

/** For one question to a server; a frozen one must not take the whole time that there is. */
const patienceMs = 2_000;

async function provePooler({ pooler, console }: PoolerPost): Promise<void> {
  await access(dirname(pooler.target.path), constants.W_OK);
  await console.use((open, signal) => open.version({ signal }));
}

async function proveMembers(members: readonly MemberPost[]): Promise<void> {
  const asked = members.map(({ session }) => session.use((open, signal) => open.query('select', [], { signal })));
  const answers = await Promise.allSettled(asked);
  const refused = answers.filter((answer) => answer.status === 'rejected');
  if (refused.length === members.length) throw refused[0]?.reason;
}

function toConsole({ run }: GuardBrief, login: Login) {
  return (signal: AbortSignal) => connectConsole({ ...loginOptions(run, login), signal });
}

function toMember({ run }: GuardBrief, login: Login) {
  return (signal: AbortSignal) => connect({ ...loginOptions(run, login), database: 'postgres', signal });
}

function loginOptions(run: string, { name, host, port, user, password }: Login) {
  return {
    host,
    port,
    user,
    password: new Secret(`the password of ${user} for ${name}`, password),
    application_name: `pgdba-guard/${run}`,
    connectTimeoutMs: patienceMs,
  };
}
