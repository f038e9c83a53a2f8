import { stringify } from 'yaml';

/** A page: a heading, the sentence that says where it comes from, and its parts. */
export function page(title: string, intro: string, parts: readonly string[]): string {
  const made = '<!-- Made from the code by `npm run docs`: edit the code, not this file. -->';
  return `${[`# ${title}`, made, intro, ...parts].join('\n\n')}\n`;
}

/** Cells are text; what Markdown would take for a column or a tag is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

export function yamlBlock(value: unknown): string {
  return ['```yaml', stringify(value, { lineWidth: 110 }).trimEnd(), '```'].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
}
