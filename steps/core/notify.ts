import { change, defineStep, kept, notDone, PgdbaError, satisfied, Type } from '../../src/step/index.ts';

const told = { told: Type.Array(Type.String(), { description: 'Targets that took it.' }) };

/**
 * Every delivery carries the key RUN/TASK. When pgdba dies between a delivery and its receipt, the message is sent once
 * more under the same key, so that a receiver can tell; a lost word would be worse than a word said twice.
 */
export default defineStep({
  id: 'notify',
  version: 1,
  since: '0.2.0',
  summary: 'Tell people by notification targets of the configuration.',
  effect: 'once',
  risk: 'safe',
  params: Type.Object({
    to: Type.Array(Type.String(), { minItems: 1, description: 'Names under `notifications:` in config.yaml.' }),
    subject: Type.String({ minLength: 1, maxLength: 200 }),
    text: Type.String({ maxLength: 20_000 }),
  }),
  result: Type.Object(told),
  memo: Type.Object({ key: Type.String() }),
  receipt: Type.Object({ ...told, problems: Type.Array(Type.String()) }),
  examples: [
    { title: 'Before the window', with: { to: ['oncall'], subject: 'Switchover in 5 minutes', text: 'Writes pause.' } },
  ],

  async check({ params: { to, subject }, notifications, run }) {
    const missing = to.find((name) => !notifications.includes(name));
    if (missing !== undefined) {
      throw new PgdbaError('NOTIFICATION_UNKNOWN', {
        facts: { name: missing },
        hint: `the configuration has ${notifications.join(', ') || 'no `notifications:`'}; docs/notifications.md`,
      });
    }
    return change(`tell ${to.join(', ')}: ${subject}`, { key: `${run.id}/${run.task}` });
  },

  async apply(act, { key }) {
    const { to, subject, text } = act.params;
    const deliveries = await act.notify(to, { key, run: act.run.id, task: act.run.task, subject, text });
    const problems = deliveries.flatMap(({ target, problem }) => (problem === null ? [] : [`${target}: ${problem}`]));
    return { told: deliveries.flatMap(({ target, problem }) => (problem === null ? [target] : [])), problems };
  },

  // Nobody else keeps a mark of it: the receipt is all there is.
  async verify(_look, _memo, receipt) {
    if (receipt && receipt.problems.length === 0) return satisfied({ told: receipt.told });
    return notDone(receipt ? receipt.problems.join('; ') : 'no receipt; it is sent again under the same key');
  },

  async rollback() {
    return kept('what was told was told');
  },
});
