import { asExpression, asName, openMap } from './decode.ts';
import { decodeUse, type StepUse } from './decode-task.ts';
import type { MapNode, Node, ScalarNode } from './node.ts';
import type { Problems } from './problems.ts';

/** A probe as written: it watches from before one task to after another. */
export interface ProbeDraft {
  readonly id: string;
  readonly uses: StepUse;
  readonly from: string;
  readonly until: string;
  readonly must: ScalarNode | null;
  readonly node: MapNode;
}

export function decodeProbe(node: Node, problems: Problems): ProbeDraft | undefined {
  const fields = openMap(node, 'probe', problems);
  if (!fields || node.kind !== 'map') return undefined;
  const id = fields.read('id', asName, null);
  const uses = decodeUse(fields);
  const from = fields.read('from', asName, null);
  const until = fields.read('until', asName, null);
  const must = fields.read('must', asExpression, null);
  if (id === null || !uses || from === null || until === null) return undefined;
  return { id, uses, from, until, must, node };
}
