/** How the playbook of the crash matrix is varied. */
export interface CrashVariant {
  readonly name: string;
  readonly maxParallel: number;
  /** Files that the world has before the run, by name. */
  readonly world: Readonly<Record<string, string>>;
  /** Where an event lies that nobody can undo any more. */
  readonly pivot: boolean;
  readonly ends: 'succeeded' | 'partly-rolled-back';
}

export const crashVariants: readonly CrashVariant[] = [
  { name: 'one item at a time', maxParallel: 1, world: {}, pivot: true, ends: 'succeeded' },
  { name: 'two items at a time', maxParallel: 2, world: {}, pivot: true, ends: 'succeeded' },
  {
    name: 'rolled back at its end',
    maxParallel: 2,
    world: { 'last.fails': '' },
    pivot: false,
    ends: 'partly-rolled-back',
  },
];

const where = (name: string) => `with: { in: "WORLD", name: ${name} }`;

/** Twelve tasks: loop, parallel block, child run, retry, events with and without proof, a hold and what it protects. */
export function crashPlaybook({ maxParallel, pivot }: CrashVariant): string {
  return `prechecks:
  - { id: ready, uses: look@1, ${where('ready')} }
tasks:
  - { id: list, uses: look@1, ${where('list')} }
  - { id: each, for_each: { in: tasks.list.out.list, as: w, key: w, max_parallel: ${maxParallel} }, uses: ensure@1, with: { in: "WORLD", name: "each-\${{ w }}" } }
  - { id: bells, for_each: { in: tasks.list.out.list, as: w, key: w, max_parallel: ${maxParallel} }, uses: ring@1, with: { in: "WORLD", name: "bell-\${{ w }}" } }
  - parallel:
      id: both
      branches:
        - [{ id: left, uses: ensure@1, ${where('left')} }, { id: left_bell, uses: ring@1, ${where('left-bell')} }]
        - [{ id: right, uses: toll@1, ${where('right')} }]
  - { id: part, uses: "playbook:./part.yaml" }
  - { id: mute, uses: toll@1, ${where('mute')} }
  - { id: flaky, uses: ensure@1, ${where('flaky')}, retry: { max: 2, backoff: "1ms..2ms" } }
  - { id: held, uses: pause@1, with: { in: "WORLD" } }
  - { id: move, uses: move@1, ${where('move')}${pivot ? ', pivot: true' : ''} }
  - { id: freed, uses: resume@1, with: { in: "WORLD" }, releases: held }
  - { id: last, uses: ensure@1, ${where('last')} }
finally:
  - { id: tidy, uses: ensure@1, ${where('tidy')} }
outputs: { items: "\${{ tasks.each.items.size() }}" }
`;
}

export const crashChild = `tasks:
  - { id: first, uses: ensure@1, ${where('child-first')} }
  - { id: bell, uses: ring@1, ${where('child-bell')} }
  - { id: mute, uses: toll@1, ${where('child-mute')} }
`;
