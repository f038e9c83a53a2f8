import { approve } from '../../src/playbook/approve.ts';
import type { Playbook, Task } from '../../src/playbook/playbook.ts';
import type { AnyProbe } from '../../src/step/define-probe.ts';
import type { AnyStep } from '../../src/step/define-step.ts';
import type { Registry } from '../../src/step/registry.ts';
import { code, page, table, yamlBlock } from './markdown.ts';
import { schemaRows } from './schema-rows.ts';

type Shown = Pick<
  AnyStep,
  'id' | 'version' | 'since' | 'summary' | 'effect' | 'risk' | 'params' | 'result' | 'examples'
>;

/** docs/reference/steps.md: every step and probe with its parameters, its result and a use of it. */
export async function stepPage(registry: Registry, playbooks: readonly Playbook[]): Promise<string> {
  const registered = await Promise.all(registry.ids().map((id) => registry.load(id)));
  // The engine's own is no step, and is used like one.
  const steps: Shown[] = [...registered, approve].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const probes = await Promise.all(registry.probeIds().map((id) => registry.loadProbe(id)));
  const intro =
    'What the built-in steps do, take and answer. How a step works: [steps.md](../steps.md). On the command line: ' +
    '`pgdba step list`, `pgdba step show ID`.';
  const list = table(
    ['step', 'effect', 'risk', 'what it does'],
    steps.map((step) => [`[${nameOf(step)}](#${anchor(step)})`, step.effect, step.risk, step.summary]),
  );
  return page('Steps', intro, [
    list,
    ...steps.map((step) => stepPart(step, playbooks)),
    ...(probes.length > 0 ? ['# Probes', 'They watch beside the tasks: `probes:` of a playbook.'] : []),
    ...probes.map(probePart),
  ]);
}

function stepPart(step: Shown, playbooks: readonly Playbook[]): string {
  const facts = `Effect **${step.effect}**, risk **${step.risk}**, since ${step.since}.`;
  return [`## ${nameOf(step)}`, step.summary, facts, ...values(step), ...example(step, playbooks)].join('\n\n');
}

function probePart(probe: AnyProbe): string {
  const facts = `${probe.writes ? 'Writes to the servers' : 'Only looks'}, since ${probe.since}.`;
  return [`## ${nameOf(probe)}`, probe.summary, facts, ...values(probe)].join('\n\n');
}

function values({ params, result }: Pick<AnyStep | AnyProbe, 'params' | 'result'>): string[] {
  const given = schemaRows(params).map(({ path, type, required, description }) => [
    code(path),
    type,
    required ? 'yes' : '',
    description,
  ]);
  const answered = schemaRows(result).map(({ path, type, description }) => [code(path), type, description]);
  return [
    given.length > 0 ? table(['parameter', 'type', 'required', ''], given) : 'No parameters.',
    ...(answered.length > 0 ? [table(['result', 'type', ''], answered)] : []),
  ];
}

/** The step's own examples; without one, how the first shipped playbook that knows it uses it. */
function example(step: Shown, playbooks: readonly Playbook[]): string[] {
  const [own] = step.examples ?? [];
  if (own) return [`${own.title}:`, yamlBlock([{ uses: nameOf(step), with: own.with }])];
  for (const { name, prechecks, tasks, finally: last } of playbooks) {
    const task = [...prechecks, ...tasks, ...last].find(({ uses }) => uses === nameOf(step));
    if (task) return [`In the playbook [${name}](playbooks.md#${name}):`, yamlBlock([asWritten(task)])];
  }
  return [];
}

function asWritten({ id, uses, for_each, with: given }: Task): Record<string, unknown> {
  const { source } = given;
  const loop = for_each ? { for_each: { in: for_each.in.text, as: for_each.as, key: for_each.key.text } } : {};
  const empty = source === null || typeof source !== 'object' || Object.keys(source).length === 0;
  return { id, ...loop, uses, ...(empty ? {} : { with: source }) };
}

function nameOf({ id, version }: { readonly id: string; readonly version: number }): string {
  return `${id}@${version}`;
}

/** As GitHub makes it of the heading. */
function anchor(step: Pick<AnyStep, 'id' | 'version'>): string {
  return nameOf(step).replace(/[.@]/g, '');
}
