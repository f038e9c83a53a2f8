import type { Plan, PlannedProbe, PlannedTask } from '../engine/plan.ts';
import { oneLine, printable } from '../output/cell.ts';
import type { TableStyle } from '../output/table.ts';
import { cutTo, padEnd, textWidth, wrap } from '../output/text-width.ts';

type Shown = Omit<Plan, 'refusal'>;

export interface SavedNote {
  readonly file: string;
  readonly hash: string;
  /** The command that carries it out. */
  readonly next: string;
}

const wordWidth = 'cannot-check'.length;
const widestName = 32;
const gap = '  ';
const titles = { precheck: 'prechecks', task: 'tasks', finally: 'at the end, whatever happens' } as const;

/** A plan for people: one line a task, child runs and branches set in, what is special about a task below it. */
export function planText(plan: Shown, saved: SavedNote | null, style: TableStyle): string {
  const places = placesOf(plan.tasks);
  const names = plan.tasks.map((row, at) => nameOf(row, places[at]?.indent ?? 0));
  const nameWidth = Math.min(widestName, Math.max(0, ...names.map(textWidth)));
  const lines = [heading(plan), ...standing(plan, style)];
  let part: string | null = null;
  for (const [at, row] of plan.tasks.entries()) {
    const { indent, inside, opens } = places[at] ?? outermost;
    // The rows of a child run belong to the part of the task that starts it.
    if (!inside && row.part !== part) {
      lines.push('', title(titles[row.part], style));
      part = row.part;
    }
    if (opens) lines.push(blockLine(row.block ?? '', indent - 1, style));
    lines.push(...taskLines(row, names[at] ?? '', nameWidth, style));
  }
  lines.push(...probeLines(plan.probes, style), ...savedLines(saved, style));
  return `${lines.join('\n')}\n`;
}

interface Place {
  readonly indent: number;
  /** It belongs to a child run. */
  readonly inside: boolean;
  /** It is the first of its parallel block. */
  readonly opens: boolean;
}

const outermost: Place = { indent: 0, inside: false, opens: false };

/** Where each row stands: under the task that starts its run, and in its block. */
function placesOf(rows: readonly PlannedTask[]): Place[] {
  const indents = new Map<string, number>();
  const blocks = new Map<string, string | null>();
  return rows.map((row) => {
    const parent = row.id.slice(0, Math.max(0, row.id.lastIndexOf('/')));
    const above = indents.get(parent);
    const indent = (above === undefined ? 0 : above + 1) + (row.block === null ? 0 : 1);
    const opens = row.block !== null && blocks.get(parent) !== row.block;
    blocks.set(parent, row.block);
    indents.set(row.item === null ? row.id : `${row.id}[${row.item}]`, indent);
    return { indent, inside: above !== undefined, opens };
  });
}

function heading({ playbook, version, target, risk, changes }: Shown): string {
  const named = target !== null && typeof target === 'object' && 'name' in target ? ` on ${String(target.name)}` : '';
  const many = changes === 0 ? 'no change' : changes === 1 ? '1 change' : `${changes} changes`;
  return oneLine(`${playbook} ${version}${named}: ${many} (${risk})`);
}

function standing({ stands }: Shown, style: TableStyle): string[] {
  if (stands === null) return [];
  return [dim(`database system ${stands.system_identifier}, timeline ${stands.timeline}`, style)];
}

function taskLines(row: PlannedTask, name: string, nameWidth: number, style: TableStyle): string[] {
  const aside = wordWidth + nameWidth + 3 * gap.length;
  const room = Math.max(20, style.width - aside);
  const below = (text: string) => `${' '.repeat(aside)}${text}`;
  const [first = '', ...rest] = wrapped(row.summary, room);
  const word = paint(padEnd(row.is, wordWidth), row, style);
  const head = `${gap}${word}${gap}${padEnd(cutTo(name, nameWidth), nameWidth)}${gap}${first}`.trimEnd();
  const notes = notesOf(row).flatMap((note) => wrapped(note, room));
  const diff =
    row.diff === null
      ? []
      : row.diff
          .trimEnd()
          .split('\n')
          .map((line) => cutTo(printable(line), room));
  return [head, ...rest.map(below), ...notes.map((note) => below(dim(note, style))), ...diff.map(below)];
}

/** What is special about a task, each in a line of its own. */
function notesOf(row: PlannedTask): string[] {
  const { hold, held_until: until, pivot, undo, not_tried: untried, retries, overridden } = row;
  const acts = row.is === 'change' || row.is === 'unknown';
  return [
    ...(overridden === null ? [] : [`overridden: ${overridden}`]),
    ...(hold && acts ? [`holds until ${until ?? 'the run ends'}`] : []),
    ...(pivot && acts ? ['the point of no return: nothing is undone from here on'] : []),
    ...(undo === 'kept' && row.is === 'change' ? ['stays when the run is rolled back'] : []),
    ...(retries > 0 ? [`tried again up to ${retries} times`] : []),
    ...(untried === null ? [] : [`not tried: ${untried}`]),
  ];
}

function nameOf({ id, item, branch }: PlannedTask, indent: number): string {
  const own = id.slice(id.lastIndexOf('/') + 1);
  const shown = oneLine(`${branch === null ? '' : `${branch + 1} `}${own}${item === null ? '' : `[${item}]`}`);
  return `${gap.repeat(indent)}${shown}`;
}

function blockLine(block: string, indent: number, style: TableStyle): string {
  return `${gap.repeat(2 + indent)}${' '.repeat(wordWidth)}${dim(`${block}: branches at the same time`, style)}`;
}

function probeLines(probes: readonly PlannedProbe[], style: TableStyle): string[] {
  if (probes.length === 0) return [];
  const width = Math.min(widestName, Math.max(...probes.map(({ id }) => textWidth(id))));
  const lines = probes.flatMap(({ id, from, until, writes, must }) => {
    const said = [
      `watches from ${from} to ${until}`,
      ...(writes ? ['writes while it does'] : []),
      ...(must === null ? [] : [`stops the run unless ${must}`]),
    ].join('; ');
    const head = `${gap}${padEnd(cutTo(id, width), width)}${gap}`;
    return wrapped(said, style.width - textWidth(head)).map(
      (line, at) => (at === 0 ? head : ' '.repeat(textWidth(head))) + line,
    );
  });
  return ['', title('probes, not started by a check', style), ...lines];
}

function savedLines(saved: SavedNote | null, style: TableStyle): string[] {
  if (saved === null) return [];
  return ['', `saved as ${saved.file} ${dim(`(${saved.hash.slice(0, 12)})`, style)}`, `carry it out: ${saved.next}`];
}

function wrapped(text: string, room: number): string[] {
  return wrap(oneLine(text), room).map((line) => cutTo(line, room));
}

const colours = { change: 33, 'cannot-check': 31, ask: 35, unknown: 36, ok: 32, skip: 2 } as const;

function paint(text: string, { is, overridden }: PlannedTask, { colour }: TableStyle): string {
  return colour ? `\u001b[${overridden === null ? colours[is] : colours.unknown}m${text}\u001b[0m` : text;
}

function title(text: string, { colour }: TableStyle): string {
  return colour ? `\u001b[1m${text}\u001b[22m` : text;
}

function dim(text: string, { colour }: TableStyle): string {
  return colour ? `\u001b[2m${text}\u001b[22m` : text;
}
