import type { Prompt } from './report.ts';

/** Branches and loop items may ask at the same time; a person answers one question after the other. */
export function inTurn(prompt: Prompt): Prompt {
  let last: Promise<unknown> = Promise.resolve();
  const after = (ask: () => Promise<boolean>): Promise<boolean> => {
    const answer = last.then(ask);
    last = answer.catch(() => undefined);
    return answer;
  };
  return {
    yesNo: (...question) => after(() => prompt.yesNo(...question)),
    typed: (...question) => after(() => prompt.typed(...question)),
  };
}
