// Playbooks of any length for the benches. No two tasks share an expression or a program's arguments, so that nothing is
// measured which only a cache of equal texts could give.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const tasks = {
  /** Built in, effect none: one expression, one synced record. */
  assert: (at) => `uses: assert@1, with: { that: [{ expr: "inputs.one == ${at} - ${at - 1}", fail: "task ${at}" }] }`,
  /** One program: what it will do, that it begins, what it said, how it went; three of them synced. */
  exec: (at) => `uses: exec@1, with: { argv: [/bin/true, "${at}"] }`,
};

/** Writes a playbook of `count` tasks of one kind; answers its file. */
export function writePlaybook(folder, kind, count) {
  const lines = Array.from({ length: count }, (_, at) => `  - { id: t${at}, ${tasks[kind](at)} }`);
  return write(folder, `${kind}-${count}`, lines);
}

/** A loop of `items` waits of `ms`, `lanes` at a time. */
export function writeLoop(folder, { items, ms, lanes }) {
  const list = Array.from({ length: items }, (_, at) => `i${at}`).join(', ');
  return write(
    folder,
    'loop',
    [
      '  - id: waits',
      '    uses: wait@1',
      `    with: { for: ${ms}ms }`,
      `    for_each: { in: inputs.items, as: item, key: item, max_parallel: ${lanes} }`,
    ],
    `, items: { type: array, items: { type: string }, default: [${list}], description: What to wait for. }`,
  );
}

/** Tasks as flow maps without braces; the rest of the playbook is the same for all. */
export function writeTasks(folder, name, bodies) {
  return write(
    folder,
    name,
    bodies.map((body, at) => `  - { id: t${at}, ${body} }`),
  );
}

function write(folder, name, tasks, inputs = '') {
  const file = join(folder, `${name}.yaml`);
  const head = [
    'apiVersion: pgdba/v1',
    'kind: Playbook',
    `name: ${name}`,
    'version: "1.0.0"',
    'summary: Measure the engine.',
    'risk: disruptive',
    'target: none',
    `inputs: { one: { type: integer, default: 1, description: One. }${inputs} }`,
    'tasks:',
  ];
  writeFileSync(file, [...head, ...tasks, ''].join('\n'));
  return file;
}
