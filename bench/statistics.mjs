// Medians and the words of a results table.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A Markdown table; the first row is its head. */
export function table(rows) {
  const [head, ...body] = rows.map((cells) => `| ${cells.join(' | ')} |`);
  return [head, `|${'---|'.repeat(rows[0].length)}`, ...body].join('\n');
}

/** The raw series in the order they were measured, in whole milliseconds. */
export function series(runs) {
  const lines = Object.entries(runs).map(([name, values]) => `${name}: ${values.map(Math.round).join(' ')}`);
  return ['```text', ...lines, '```'].join('\n');
}

/** Whether a ratio keeps its target, with both in words. */
export function judge(ratio, target) {
  const met = ratio <= target;
  return { met, words: [ratio.toFixed(2), `≤ ${target.toFixed(2)}`, met ? 'met' : '**missed**'] };
}
