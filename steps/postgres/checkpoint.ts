import {
  change,
  defineStep,
  lsnDiff,
  type MemberLook,
  notDone,
  PgdbaError,
  satisfied,
  Type,
  undone,
} from '../../src/step/index.ts';

const checkpoint = { checkpoint_lsn: Type.Lsn({ description: 'Where its WAL record is.' }) };

export default defineStep({
  id: 'postgres.checkpoint',
  version: 1,
  since: '0.2.0',
  summary: 'Write a checkpoint, so that a clean shutdown soon after has little left to write.',
  effect: 'once',
  risk: 'safe',
  params: Type.Object({ member: Type.Member({ description: 'One that accepts writes.' }) }),
  result: Type.Object(checkpoint),
  memo: Type.Object(checkpoint),
  receipt: Type.Object({}),
  examples: [{ title: 'On the primary', with: { member: 'n1' } }],

  async check(look) {
    const member = await look.member(look.params.member);
    const [standby] = await member.sql<{ is: boolean }>('select pg_catalog.pg_is_in_recovery() as is');
    if (standby?.is !== false) {
      throw new PgdbaError('PARAMS_INVALID', {
        facts: {
          step: 'postgres.checkpoint@1',
          problem: `${member.name} is a standby: it makes restartpoints, and only after checkpoints of its primary`,
        },
        hint: 'name the member that accepts writes; `pgdba cluster status` shows who is primary',
      });
    }
    return change(`checkpoint on ${member.name}`, { checkpoint_lsn: await lastCheckpoint(member) });
  },

  async apply(act) {
    const member = await act.member(act.params.member);
    await member.execute('checkpoint');
    return {};
  },

  async verify(look, memo) {
    const found = await lastCheckpoint(await look.member(look.params.member));
    if (lsnDiff(found, memo.checkpoint_lsn) > 0n) return satisfied({ checkpoint_lsn: found });
    return notDone(`the last checkpoint of ${look.params.member} is still the one at ${memo.checkpoint_lsn}`);
  },

  // It wrote what was about to be written anyway: for everybody else everything is as before.
  async rollback() {
    return undone;
  },
});

async function lastCheckpoint(member: MemberLook): Promise<string> {
  const [row] = await member.sql<{ lsn: string }>(
    'select checkpoint_lsn::text as lsn from pg_catalog.pg_control_checkpoint()',
  );
  return row?.lsn ?? '0/0';
}
