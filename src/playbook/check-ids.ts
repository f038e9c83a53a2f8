import type { PlaybookDraft } from './decode-playbook.ts';
import { entryOf, type MapNode } from './node.ts';
import type { Problems } from './problems.ts';

/** A task is called otherwise than any other task and any parallel block, a probe otherwise than any other probe. */
export function checkIds({ prechecks, tasks, finally: last, probes }: PlaybookDraft, problems: Problems): void {
  const blocks = new Set(tasks.flatMap(({ branch }) => branch?.block ?? []));
  const named = [
    ...[...prechecks, ...tasks, ...last].map(({ id, node }) => ({ id, node, kind: 'task' })),
    ...[...blocks].map(({ id, node }) => ({ id, node, kind: 'parallel block' })),
  ];
  checkUnique(named, 'the journal knows a task by its id', problems);
  checkUnique(
    probes.map(({ id, node }) => ({ id, node, kind: 'probe' })),
    'expressions read probes.<id>.out',
    problems,
  );
}

interface Named {
  readonly id: string;
  readonly node: MapNode;
  readonly kind: string;
}

function checkUnique(named: readonly Named[], why: string, problems: Problems): void {
  const first = new Map<string, Named>();
  for (const one of named.toSorted((a, b) => a.node.start - b.node.start)) {
    const before = first.get(one.id);
    if (!before) {
      first.set(one.id, one);
      continue;
    }
    const { line } = problems.source.place(before.node.start);
    const both = before.kind === one.kind ? `two ${one.kind}s are` : `a ${before.kind} and a ${one.kind} are both`;
    problems.add(
      entryOf(one.node, 'id') ?? one.node,
      `${both} called ${one.id}; the first is on line ${line}`,
      `rename one: ${why}`,
    );
  }
}
