import type { AnyProbe } from '../step/define-probe.ts';
import type { AnyStep } from '../step/define-step.ts';
import type { Registry } from '../step/registry.ts';
import { checkPlaybook } from './check-playbook.ts';
import { compilePlaybook } from './compile-playbook.ts';
import { decodePlaybook, type PlaybookDraft } from './decode-playbook.ts';
import { type Lineage, loadChildren } from './load-children.ts';
import type { Playbook } from './playbook.ts';
import { Problems } from './problems.ts';
import { Source } from './source.ts';

/** Decodes, checks against the steps and playbooks it uses, and compiles. Errors: those of `loadPlaybook`. */
export async function assemblePlaybook(
  text: string,
  file: string,
  registry: Registry,
  lineage: Lineage,
): Promise<Playbook> {
  const source = new Source(text, file);
  const problems = new Problems(source);
  const draft = decodePlaybook(source, problems);
  const steps = await loadSteps(draft, registry);
  const probes = await loadProbes(draft, registry);
  const children = await loadChildren(
    draft,
    lineage,
    (child, childFile, down) => assemblePlaybook(child, childFile, registry, down),
    problems,
  );
  const known = { steps, probes, children, stepIds: registry.ids(), probeIds: registry.probeIds() };
  checkPlaybook(draft, known, problems);
  problems.throwIfAny('PLAYBOOK_INVALID');
  return compilePlaybook(draft, children, source, text);
}

/** Those that exist; the others are reported with their place. */
async function loadSteps(draft: PlaybookDraft, registry: Registry): Promise<Map<string, AnyStep>> {
  const wanted = [...draft.prechecks, ...draft.tasks, ...draft.finally].flatMap(({ uses, rollback }) => [
    uses.uses,
    ...(rollback && rollback !== 'none' ? [rollback.uses] : []),
  ]);
  const found = [...new Set(wanted)].filter((uses) => registry.has(uses));
  return new Map(await Promise.all(found.map(async (uses) => [uses, await registry.load(uses)] as const)));
}

/** Those that exist; the others are reported with their place. */
async function loadProbes({ probes }: PlaybookDraft, registry: Registry): Promise<Map<string, AnyProbe>> {
  const known = registry.probeIds();
  const found = probes.map(({ uses }) => uses.uses).filter((uses) => known.includes(uses));
  return new Map(await Promise.all(found.map(async (uses) => [uses, await registry.loadProbe(uses)] as const)));
}
