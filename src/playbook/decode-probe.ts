import { asExpression, asName, openMap } from './decode.ts';
import { decodeUse, type StepUse } from './decode-task.ts';
import type { MapNode, Node } from './node.ts';
import type { NotYet } from './not-yet.ts';
import type { Problems } from './problems.ts';

/** A probe as written: it watches from before one task to after another. */
export interface ProbeDraft {
  readonly id: string;
  readonly uses: StepUse;
  readonly from: string;
  readonly until: string;
  readonly node: MapNode;
  readonly notYet: readonly NotYet[];
}

export function decodeProbe(node: Node, problems: Problems): ProbeDraft | undefined {
  const fields = openMap(node, 'probe', problems);
  if (!fields || node.kind !== 'map') return undefined;
  const id = fields.read('id', asName, null);
  const uses = decodeUse(fields);
  const from = fields.read('from', asName, null);
  const until = fields.read('until', asName, null);
  fields.read('must', asExpression, null);
  const must = fields.get('must');
  if (id === null || !uses || from === null || until === null) return undefined;
  return { id, uses, from, until, node, notYet: must ? [{ feature: 'must', at: must }] : [] };
}
