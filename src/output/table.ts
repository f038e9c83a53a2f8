import { cell, printable } from './cell.ts';
import { cutTo, padEnd, padStart, textWidth, wrap } from './text-width.ts';

export interface TableStyle {
  readonly width: number;
  readonly colour: boolean;
}

const gap = '  ';
const narrowest = 4;

/** Any plain value as text for people: key/value lines for an object, aligned columns for a list of objects. */
export function renderTable(value: unknown, style: TableStyle): string {
  const lines = isRecord(value) ? block(value, style, '') : isTable(value) ? grid(value, style) : [cell(value)];
  return `${lines.join('\n')}\n`;
}

type Row = Readonly<Record<string, unknown>>;

/** Plain values first as `key  value`; lists of objects after them, each under its name unless it is all there is. */
function block(record: Row, style: TableStyle, title: string): string[] {
  const entries = Object.entries(record);
  const only = title === '' && entries.length === 1;
  const tables = entries.filter(([, value]) => isTable(value) && (only || value.length > 0));
  const blocks = entries.filter(([, value]) => isRecord(value) && !fitsInline(value, style));
  const texts = entries.filter(([, value]) => typeof value === 'string' && value.trimEnd().includes('\n'));
  const apart = new Set([...tables, ...blocks, ...texts]);
  const plain = entries.filter((entry) => !apart.has(entry));
  const lines = title === '' ? [] : [heading(title, style)];
  lines.push(...keyValues(plain, style));
  for (const [key, value] of tables) {
    if (lines.length > 0) lines.push('');
    if (!only) lines.push(heading(key, style));
    lines.push(...grid(value as readonly Row[], style));
  }
  for (const [key, value] of blocks) {
    if (lines.length > 0) lines.push('');
    lines.push(...block(value as Row, style, key));
  }
  for (const [key, value] of texts) {
    if (lines.length > 0) lines.push('');
    lines.push(heading(key, style), ...String(value).trimEnd().split('\n').map(printable));
  }
  return lines;
}

/** Long values go on in the column under themselves: here nothing is cut off. */
function keyValues(entries: readonly [string, unknown][], style: TableStyle): string[] {
  const keyWidth = Math.max(0, ...entries.map(([key]) => textWidth(label(key))));
  const room = Math.max(20, style.width - keyWidth - gap.length);
  return entries.flatMap(([key, value]) =>
    wrap(cell(value), room).map((line, at) => {
      const head = at === 0 ? dim(padEnd(label(key), keyWidth), style) : ' '.repeat(keyWidth);
      return `${head}${gap}${line}`;
    }),
  );
}

function grid(rows: readonly Row[], style: TableStyle): string[] {
  if (rows.length === 0) return [dim('(none)', style)];
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  // A column in which no row has anything tells nothing and takes room from those that do.
  const columns = names.filter((name) => rows.some((row) => cell(row[name]) !== '-'));
  const cells = rows.map((row) => columns.map((name) => cell(row[name])));
  const natural = columns.map((name, at) =>
    Math.max(textWidth(label(name)), ...cells.map((line) => textWidth(line[at] ?? ''))),
  );
  const words = columns.map((name, at) =>
    Math.max(longestWord(label(name)), ...cells.map((line) => longestWord(line[at] ?? ''))),
  );
  const widths = shrink(natural, words, style.width - gap.length * (columns.length - 1));
  const right = columns.map((name) => rows.every((row) => row[name] == null || typeof row[name] === 'number'));
  const lines = (texts: readonly string[]): string[] => {
    const wrapped = texts.map((text, at) => wrap(text, widths[at] ?? 0));
    const height = Math.max(...wrapped.map((parts) => parts.length));
    return Array.from({ length: height }, (_, row) =>
      wrapped
        .map((parts, at) => {
          const width = widths[at] ?? 0;
          return (right[at] ? padStart : padEnd)(cutTo(parts[row] ?? '', width), width);
        })
        .join(gap)
        .trimEnd(),
    );
  };
  return [...lines(columns.map(label)).map((line) => dim(line, style)), ...cells.flatMap(lines)];
}

/** Takes from the widest column, one at a time, until the line fits; words are cut only when wrapping is not enough. */
function shrink(natural: readonly number[], words: readonly number[], room: number): number[] {
  const wrapped = takeFrom(natural, words, room);
  return takeFrom(
    wrapped,
    natural.map(() => narrowest),
    room,
  );
}

function takeFrom(from: readonly number[], least: readonly number[], room: number): number[] {
  const widths = [...from];
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const widest = Math.max(...widths.filter((width, at) => width > (least[at] ?? narrowest)));
    const at = widths.findIndex((width, column) => width === widest && width > (least[column] ?? narrowest));
    if (at < 0) break;
    widths[at] = widest - 1;
    over -= 1;
  }
  return widths;
}

function longestWord(text: string): number {
  return Math.max(0, ...text.split(' ').map(textWidth));
}

function isRecord(value: unknown): value is Row {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isTable(value: unknown): value is readonly Row[] {
  return Array.isArray(value) && (value.length === 0 || value.every(isRecord));
}

/** Short, and nothing inside it has an inside. */
function fitsInline(record: Row, style: TableStyle): boolean {
  const nested = Object.values(record).some((value) => value !== null && typeof value === 'object');
  return !nested && textWidth(cell(record)) <= style.width / 2;
}

function label(key: string): string {
  return key.replaceAll('_', ' ');
}

function heading(key: string, style: TableStyle): string {
  return style.colour ? `\u001b[1m${label(key)}\u001b[22m` : `${label(key)}:`;
}

function dim(text: string, style: TableStyle): string {
  return style.colour ? `\u001b[2m${text}\u001b[22m` : text;
}
