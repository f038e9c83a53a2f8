import type { ErrorData, Fact } from '../errors/pgdba-error.ts';

/**
 * An error for people:
 *
 *     error CLUSTER_UNKNOWN: there is no cluster "demp"
 *       known demo, prod
 *     HINT: did you mean demo?
 */
export function errorText(error: ErrorData): string {
  const facts = Object.entries(error.facts)
    .filter(([, value]) => !isSaid(value, error.error))
    .map(([name, value]) => `${name} ${factText(value)}`);
  const lines = [`error ${error.code}: ${error.error}`];
  if (facts.length > 0) lines.push(`  ${facts.join('   ')}`);
  if (error.hint !== '') lines.push(`HINT: ${error.hint}`);
  return `${lines.join('\n')}\n`;
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
