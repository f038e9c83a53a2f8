import { defineStep, PgdbaError, satisfied, Type } from '../../src/step/index.ts';

export default defineStep({
  id: 'assert',
  version: 1,
  since: '0.1.0',
  summary: 'Go on only if every expression is true; otherwise say, in the words of the playbook, what is not.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({
    that: Type.Array(
      Type.Object(
        {
          expr: Type.Expression({ description: 'CEL; must be true.' }),
          fail: Type.String({ description: 'What is wrong when it is not.' }),
          hint: Type.Optional(Type.String({ description: 'What to do about it.' })),
        },
        { additionalProperties: false },
      ),
      { minItems: 1 },
    ),
  }),
  result: Type.Object({ checked: Type.Integer() }),
  examples: [
    { title: 'Two facts', with: { that: [{ expr: 'inputs.members >= 3', fail: 'fewer than three members' }] } },
  ],

  async check({ params: { that } }) {
    const failed = that.filter(({ expr }) => expr !== true);
    if (failed.length === 0) return satisfied({ checked: that.length });
    throw new PgdbaError('ASSERTION_FAILED', {
      facts: { failed: failed.map(({ fail }) => fail) },
      hint: failed.flatMap(({ hint }) => hint ?? []).join('; ') || 'mend that, then run it again',
    });
  },
});
