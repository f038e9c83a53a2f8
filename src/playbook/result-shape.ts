import { approveResult } from './approve.ts';
import { decodeInputs } from './decode-input.ts';
import type { StepUse } from './decode-task.ts';
import type { Used } from './known.ts';
import { entryOf } from './node.ts';
import { Problems } from './problems.ts';
import { any, inputsShape, object, type Shape, shapeOf } from './shape.ts';
import { Source } from './source.ts';

/** What `tasks.<id>.out` will be. */
export function resultShape(uses: StepUse, used: Used | undefined): Shape {
  switch (used?.kind) {
    case 'step':
      return shapeOf(used.step.result);
    case 'child':
      return outputsShape(used.playbook.outputs.source);
    case 'approve':
      return approvalShape(uses);
    case undefined:
      return any;
  }
}

/** The keys are known; what an output holds is known when the child has ended. */
function outputsShape(written: unknown): Shape {
  return object(Object.fromEntries(Object.keys(written ?? {}).map((key) => [key, any])));
}

function approvalShape({ with: given }: StepUse): Shape {
  const form = given && entryOf(given, 'form');
  // What is wrong with the form is reported where the task is checked.
  const filled = form && decodeInputs(form, new Problems(new Source('', '')));
  const { by, at } = approveResult.properties;
  return object({
    by: shapeOf(by),
    at: shapeOf(at),
    reason: { shape: { kind: 'text' }, may: 'nullable' },
    form: inputsShape(filled?.values() ?? []),
  });
}
