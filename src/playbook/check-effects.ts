import { type Risk, risks } from '../step/define-step.ts';
import type { PlaybookDraft } from './decode-playbook.ts';
import type { StepUse } from './decode-task.ts';
import { effectOf, isChild, type Known, riskOf, type Used, usedBy } from './known.ts';
import { entryOf } from './node.ts';
import type { Problems } from './problems.ts';

/** Prechecks only look; a playbook risks at least what its tasks risk; one that is read-only only looks. */
export function checkEffects(draft: PlaybookDraft, known: Known, problems: Problems): void {
  const { prechecks, tasks, finally: last, risk, node } = draft;
  for (const { uses } of prechecks) {
    const step = known.steps.get(uses.uses);
    if (step && step.effect !== 'none') {
      problems.add(uses.at, `a precheck only looks, and ${uses.uses} has effect ${step.effect}`, 'move it to tasks');
    }
  }
  for (const task of [...tasks, ...last]) {
    const given = entryOf(task.node, 'never_override');
    if (given) problems.add(given, 'never_override belongs to prechecks');
  }
  const used = [...prechecks, ...tasks, ...last].flatMap((task) => [
    ...found(task.uses, known),
    ...(task.rollback && task.rollback !== 'none' ? found(task.rollback, known) : []),
  ]);
  const riskiest = used.toSorted((a, b) => rank(riskOf(b.used)) - rank(riskOf(a.used)))[0];
  if (riskiest && rank(riskOf(riskiest.used)) > rank(risk)) {
    const needed = riskOf(riskiest.used);
    const problem = `risk ${risk} is below that of ${riskiest.uses} (${needed})`;
    problems.add(entryOf(node, 'risk') ?? node, problem, `write risk: ${needed}`);
  } else if (risk === 'read-only') {
    for (const { uses, at, used: one } of used) {
      const effect = effectOf(one);
      if (effect === 'none') continue;
      const what = isChild(uses) ? `${uses} changes something` : `${uses} has effect ${effect}`;
      problems.add(at, `a read-only playbook only looks, and ${what}`, 'write risk: safe or more');
    }
  }
}

function found(use: StepUse, known: Known): (StepUse & { readonly used: Used })[] {
  const used = usedBy(use.uses, known);
  return used ? [{ ...use, used }] : [];
}

function rank(risk: Risk): number {
  return risks.indexOf(risk);
}
