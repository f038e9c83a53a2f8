import { change, defineStep, notDone, satisfied, Type, undone } from '../../src/step/index.ts';

const members = { members: Type.Array(Type.String()) };

export default defineStep({
  id: 'patroni.prove-rest',
  version: 1,
  since: '0.2.0',
  summary: 'Prove that pgdba may command these members by Patroni: a change of nothing must be accepted.',
  effect: 'once',
  risk: 'safe',
  params: Type.Object({ members: Type.Array(Type.Member(), { minItems: 1 }) }),
  result: Type.Object(members),
  memo: Type.Object(members),
  receipt: Type.Object({ accepted: Type.Array(Type.String()) }),
  examples: [{ title: 'Two members', with: { members: ['n1', 'n2'] } }],

  // Only an unsafe call can prove the right to unsafe calls, so a check cannot.
  async check({ params }) {
    const names = [...new Set(params.members)];
    return change(`ask Patroni of ${names.join(', ')} for a change of nothing`, { members: names });
  },

  async apply(act, memo) {
    const asked = await Promise.all(memo.members.map((name) => act.member(name)));
    await Promise.all(asked.map((member) => member.wake()));
    return { accepted: asked.map(({ name }) => name) };
  },

  // It leaves no trace to look for: what was answered is all there is. Without an answer it is simply asked again.
  async verify(_look, memo, receipt) {
    const missing = memo.members.filter((name) => receipt?.accepted.includes(name) !== true);
    return missing.length === 0 ? satisfied(memo) : notDone(`no answer from ${missing.join(', ')}`);
  },

  // Nothing was changed, so everything is as before.
  async rollback() {
    return undone;
  },
});
