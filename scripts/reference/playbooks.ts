import { formatDuration } from '../../src/formats/duration.ts';
import { optionOf } from '../../src/playbook/bind-inputs.ts';
import type { Input } from '../../src/playbook/input.ts';
import type { Playbook, ProbeUse, Task } from '../../src/playbook/playbook.ts';
import { code, page, table, yamlBlock } from './markdown.ts';

/** docs/reference/playbooks.md: every shipped playbook, what it takes, does and answers. */
export function playbookPage(playbooks: readonly Playbook[]): string {
  const intro =
    'The playbooks that come with pgdba, in `playbooks/`. How to write one: [playbooks.md](../playbooks.md). The options ' +
    'that every verb takes: [commands.md](commands.md).';
  const list = table(
    ['playbook', 'verbs', 'risk', 'what it does'],
    playbooks.map(({ name, risk, summary, ...rest }) => [`[${name}](#${name})`, verbs(rest), risk, summary]),
  );
  return page('Playbooks', intro, [list, ...playbooks.map(part)]);
}

function part(playbook: Playbook): string {
  const { name, version, summary, risk, target, lease, timeout, on_failure, inputs, outputs } = playbook;
  const facts = [
    `Version ${version}, risk **${risk}**, target ${target}.`,
    target === 'none' || risk === 'read-only' ? '' : `Locks: ${lease.join(', ')}.`,
    `On failure: ${on_failure}. At most ${formatDuration(timeout)}.`,
  ];
  const options = [...inputs.values()].map((input) => [code(optionOf(input.name)), kind(input), input.description]);
  const tasks = [
    ...playbook.prechecks.map((task) => row('precheck', task)),
    ...playbook.tasks.map((task) => row('task', task)),
    ...playbook.finally.map((task) => row('finally', task)),
  ];
  return [
    `## ${name}`,
    `${summary} Verbs: ${verbs(playbook)}.`,
    facts.filter(Boolean).join(' '),
    ...(options.length > 0 ? [table(['option', 'type', ''], options)] : []),
    table(['', 'id', 'uses', ''], tasks),
    ...(playbook.probes.length > 0 ? [table(['probe', 'uses', 'lifetime'], playbook.probes.map(probe))] : []),
    'Answers (`data`):',
    yamlBlock(outputs.source),
  ].join('\n\n');
}

function verbs({ command, name = 'NAME' }: Pick<Playbook, 'command'> & { readonly name?: string }): string {
  return command.length > 0 ? command.map(code).join(', ') : code(`run ${name}`);
}

function kind(input: Input): string {
  const type = input.format ?? (input.items ? `list of ${input.items.format ?? input.items.type}` : input.type);
  if (input.default !== undefined && input.default !== null) return `${type}, default ${code(String(input.default))}`;
  return input.optional ? `${type}, optional` : `${type}, required`;
}

function row(part: string, task: Task): string[] {
  const notes = [
    task.for_each ? `for each of ${code(task.for_each.in.text)}` : '',
    task.when ? `when ${code(task.when.text)}` : '',
    task.pivot ? 'point of no return' : '',
    task.releases === null ? '' : `ends the hold ${task.releases}`,
    task.cancel === 'forbidden' ? 'not interrupted by Ctrl-C' : '',
  ];
  const [step = '', version = ''] = task.uses.split('@');
  const link = `[${task.uses}](steps.md#${step.replace('.', '')}${version})`;
  return [part, task.id, link, notes.filter(Boolean).join('; ')];
}

function probe({ id, uses, from, until }: ProbeUse): string[] {
  return [id, uses, `from ${from} to ${until}`];
}
