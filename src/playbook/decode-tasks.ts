import { asCount, asList, asName, openMap } from './decode.ts';
import { type BlockDraft, decodeTask, type TaskDraft } from './decode-task.ts';
import { entryOf, type MapNode, type Node } from './node.ts';
import type { Problems } from './problems.ts';

/** A list of tasks in file order; the branches of a parallel block follow one another. */
export function decodeTasks(node: Node, problems: Problems): TaskDraft[] {
  return (asList(decodeEntry)(node, problems) ?? []).flat();
}

/** Tasks that follow one another. `where` says what they are, for the refusal of a parallel block. */
export function decodePlainTasks(where: string) {
  const decode = (node: Node, problems: Problems): TaskDraft | undefined => {
    const block = node.kind === 'map' ? node.entries.find(({ key }) => key === 'parallel') : undefined;
    if (!block) return decodeTask(node, problems);
    problems.add(
      block.at,
      `${where} follow one another: no parallel block stands here`,
      'write its tasks out as a list',
    );
    return undefined;
  };
  return (node: Node, problems: Problems): TaskDraft[] => asList(decode)(node, problems) ?? [];
}

function decodeEntry(node: Node, problems: Problems): TaskDraft[] | undefined {
  const block = node.kind === 'map' ? entryOf(node, 'parallel') : undefined;
  if (block && node.kind === 'map') return decodeParallel(node, block, problems);
  const task = decodeTask(node, problems);
  return task && [task];
}

function decodeParallel(node: MapNode, value: Node, problems: Problems): TaskDraft[] | undefined {
  for (const { key, at } of node.entries) {
    if (key !== 'parallel')
      problems.add(at, `${key} does not stand beside parallel`, 'give it to the tasks in the branches');
  }
  const fields = openMap(value, 'parallel', problems);
  if (!fields) return undefined;
  const id = fields.read('id', asName, null);
  const most = fields.read('max_parallel', asCount, null);
  const branches = fields.read('branches', asList(decodeBranch), []);
  const written = fields.get('branches');
  if (written?.kind === 'list' && written.items.length === 0)
    problems.add(written, 'branches is empty', 'add a list of tasks');
  if (id === null) return undefined;
  const block: BlockDraft = { id, node: fields.node, max_parallel: Math.min(most ?? Infinity, branches.length) };
  return branches.flatMap((tasks, index) => tasks.map((task) => ({ ...task, branch: { block, index } })));
}

function decodeBranch(node: Node, problems: Problems): TaskDraft[] {
  if (node.kind === 'list' && node.items.length === 0) problems.add(node, 'this branch has no task', 'take it out');
  return decodePlainTasks('the tasks of a branch')(node, problems);
}
