import {
  change,
  defineStep,
  kept,
  type Look,
  type MemberLook,
  PgdbaError,
  type PoolerAct,
  type PoolerLook,
  satisfied,
  Type,
} from '../../src/step/index.ts';
import { firstPrimary } from '../postgres/first-primary.ts';
import { within } from '../within.ts';
import { readPauseState } from './pause-state.ts';
import { resume } from './resume.ts';

export default defineStep({
  id: 'pgbouncer.point-and-resume',
  version: 1,
  since: '0.2.0',
  summary: 'Lead every pooler to the member that accepts writes, and let its clients go on.',
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({}),
  result: Type.Object({ primary: Type.String(), poolers: Type.Array(Type.String()) }),
  memo: Type.Object({ poolers: Type.Array(Type.String()) }),
  settle: { every: '50ms', within: '15s' },

  // While clients are held every millisecond counts, so the members are asked by apply alone.
  async check(look) {
    const poolers = await look.poolers();
    const names = poolers.map(({ name }) => name);
    const states = await Promise.all(poolers.map((pooler) => readPauseState(look, pooler)));
    const held = names.filter((_, index) => states[index] !== 'flowing');
    if (held.length > 0)
      return change(`lead ${names.join(', ')} to the primary and let clients go on`, { poolers: names });
    const primary = await look.primary();
    const astray = (await Promise.all(poolers.map((pooler) => leadsAstray(pooler, primary)))).filter(
      (problem) => problem !== null,
    );
    if (astray.length === 0) return satisfied({ primary: primary.name, poolers: names });
    return change(`lead ${names.join(', ')} to ${primary.name}`, { poolers: names }, { diff: astray.join('\n') });
  },

  async apply(act, memo) {
    const poolers = (await act.poolers()).filter(({ name }) => memo.poolers.includes(name));
    const [primary] = await Promise.all([
      awaitPrimary(act, await act.members()),
      // Opens the consoles meanwhile.
      Promise.allSettled(poolers.map((pooler) => pooler.show('VERSION'))),
    ]);
    const outcomes = await Promise.allSettled(poolers.map((pooler) => letFlow(pooler, primary)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  },

  async rollback() {
    return kept('a pooler that leads to the primary is where it should be');
  },
});

/** RELOAD while still paused, so that no client meets the old target. */
async function letFlow(pooler: PoolerAct, { host, port }: MemberLook): Promise<void> {
  await pooler.pointAt({ host, port });
  await pooler.command('RELOAD');
  await resume(pooler);
}

/** Errors: NO_PRIMARY. The guard is not bound by this patience. */
async function awaitPrimary<M extends MemberLook>(look: Look, members: readonly M[]): Promise<M> {
  const deadline = performance.now() + 8000;
  for (;;) {
    const found = await firstPrimary(members);
    if (found) return found.member;
    if (performance.now() > deadline) {
      throw new PgdbaError('NO_PRIMARY', {
        facts: { cluster: look.target.name, asked: members.map(({ name }) => name) },
        hint: `see what each member says: pgdba cluster status --name ${look.target.name}`,
      });
    }
    await look.sleep(20);
  }
}

/** Why this pooler, which lets clients through, does not lead to the primary; null when it does. */
async function leadsAstray(pooler: PoolerLook, primary: MemberLook): Promise<string | null> {
  const target = await pooler.target();
  if (target?.host !== primary.host || target.port !== primary.port) {
    const where = target ? `${target.host}:${target.port}` : 'nowhere';
    return `${pooler.name}: ${where} → ${primary.host}:${primary.port}`;
  }
  const rows = await within(
    pooler.sql<{ recovering: boolean }>('select pg_catalog.pg_is_in_recovery() as recovering'),
    2000,
  );
  if (rows === null) return `${pooler.name}: no answer through the pool within 2s`;
  return rows[0]?.recovering === false ? null : `${pooler.name}: still leads to a standby`;
}
