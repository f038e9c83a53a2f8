import { checkBare, condition } from './check-bare.ts';
import { checkWith } from './check-with.ts';
import { didYouMean } from './decode.ts';
import type { PlaybookDraft } from './decode-playbook.ts';
import type { ProbeDraft } from './decode-probe.ts';
import type { Known } from './known.ts';
import { entryOf } from './node.ts';
import type { PlaybookScope } from './playbook-scope.ts';
import type { Problems } from './problems.ts';

/** A probe is known, begins before it ends, at tasks that everybody waits for, and judges what it can see. */
export function checkProbe(
  probe: ProbeDraft,
  { tasks }: PlaybookDraft,
  { probes, probeIds }: Known,
  scope: PlaybookScope,
  problems: Problems,
): void {
  const { uses, at } = probe.uses;
  const found = probes.get(uses);
  if (!found) problems.add(at, `there is no probe ${uses}`, didYouMean(uses, probeIds));
  const ids = tasks.map(({ id }) => id);
  for (const end of ['from', 'until'] as const) {
    const place = entryOf(probe.node, end);
    if (!place) continue;
    const task = tasks.find(({ id }) => id === probe[end]);
    if (!task) problems.add(place, `${end} names no task: ${probe[end]}`, didYouMean(probe[end], ids));
    else if (task.branch) {
      const problem = `${task.id} stands in a branch of ${task.branch.block.id}: a probe begins and ends outside of it`;
      problems.add(place, problem, 'name a task before or after the block');
    }
  }
  const first = tasks.find(({ id }) => id === probe.from);
  if (!first) return;
  if (ids.indexOf(probe.until) !== -1 && ids.indexOf(probe.until) < ids.indexOf(probe.from)) {
    problems.add(probe.node, `probe ${probe.id} would end before it begins`, 'exchange from and until');
  }
  if (found) checkWith(probe.uses.with, found.params, probe.node, scope.before(first), problems);
  if (probe.must && ids.includes(probe.until)) checkBare(probe.must, scope.after(probe), condition, problems);
}
