import { type Static, Type } from '../../src/step/index.ts';

/** What a switchover's check saw. */
export const memo = Type.Object({
  from: Type.String(),
  to: Type.String(),
  timeline: Type.Integer({ description: 'Of the old primary.' }),
  asked_at: Type.String(),
});
export type SwitchoverMemo = Static<typeof memo>;

/** What Patroni said. */
export const receipt = Type.Object({
  status: Type.Union([Type.Integer(), Type.Null()], { description: 'Null while Patroni had not answered.' }),
  text: Type.String({ description: "Patroni's own sentence, or why there is none." }),
  at: Type.String(),
});
export type SwitchoverAnswer = Static<typeof receipt>;
