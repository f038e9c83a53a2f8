import type { ErrorData, Fact } from '../errors/pgdba-error.ts';

/**
 * An error for people:
 *
 *     error CLUSTER_UNKNOWN: there is no cluster "demp"
 *       known demo, prod
 *     HINT: did you mean demo?
 */
export function errorText(error: ErrorData): string {
  const { snippet = '', more = [], ...others } = error.facts;
  const facts = Object.entries(others)
    .filter(([, value]) => !isSaid(value, error.error))
    .map(([name, value]) => `${name} ${factText(value)}`);
  const lines = [`error ${error.code}: ${error.error}`];
  if (facts.length > 0) lines.push(`  ${facts.join('   ')}`);
  // The line of the file that is wrong, and whatever else is wrong with it.
  if (snippet !== '') lines.push(...String(snippet).split('\n').map(indent));
  if (Array.isArray(more) && more.length > 0) lines.push('also:', ...more.map(indent));
  if (error.hint !== '') lines.push(`HINT: ${error.hint}`);
  return `${lines.join('\n')}\n`;
}

function indent(line: string): string {
  return `  ${line}`;
}

/** Facts that the sentence already holds are not repeated. */
function isSaid(value: Fact, sentence: string): boolean {
  const text = factText(value);
  return text === '-' || sentence.includes(text);
}

function factText(value: Fact): string {
  if (value === null) return '-';
  return Array.isArray(value) ? value.join(', ') || '-' : String(value);
}
