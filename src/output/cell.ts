const ulid = /^[0-9A-HJKMNP-TV-Z]{26}$/;
const instant = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/;
const controls = /[\p{Cc}\u2028\u2029]+/gu;

/** One value on one line, for people: ids by their last 8 characters, `-` for nothing, control characters taken out. */
export function cell(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(inner).join(', ');
  if (typeof value === 'object') return pairs(value);
  return scalar(String(value));
}

/** The last 8 characters of a run's id: enough to name it, short enough to read. */
export function shortId(id: string): string {
  return id.slice(-8);
}

/** Text of the world on one line: nothing in it can move the cursor or fake a line of ours. */
export function oneLine(text: string): string {
  return printable(text).trim();
}

/** The same, spaces at its ends kept. */
export function printable(line: string): string {
  return line.replace(controls, ' ');
}

function scalar(text: string): string {
  if (ulid.test(text)) return shortId(text);
  return oneLine(text.replace(instant, '$1 $2Z'));
}

function pairs(value: object): string {
  const entries = Object.entries(value).map(([key, item]) => `${key}=${inner(item)}`);
  return entries.length === 0 ? '-' : entries.join(' ');
}

function inner(value: unknown): string {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? `{${cell(value)}}` : cell(value);
}
