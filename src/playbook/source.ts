/** The text of one file and how to point into it. Offsets count UTF-16 units; lines and columns start at 1. */
export class Source {
  readonly file: string;
  readonly text: string;
  #lines: readonly number[] | undefined;

  /** A byte order mark is dropped. */
  constructor(text: string, file: string) {
    this.text = text.startsWith('\uFEFF') ? text.slice(1) : text;
    this.file = file;
  }

  place(offset: number): { line: number; col: number } {
    const starts = this.#lineStarts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, col: offset - (starts[low] ?? 0) + 1 };
  }

  /** The line of that offset with a caret below; a long line is cut around the caret. */
  snippet(offset: number): string {
    const start = offset - this.place(offset).col + 1;
    const end = this.text.indexOf('\n', start);
    const line = this.text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
    const from = Math.max(0, offset - start - longestBefore);
    const shown = line.slice(from, from + longestBefore + longestAfter);
    return `${printable(shown)}\n${' '.repeat(offset - start - from)}^`;
  }

  #lineStarts(): readonly number[] {
    if (this.#lines) return this.#lines;
    const starts = [0];
    for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#lines = starts;
    return starts;
  }
}

const longestBefore = 80;
const longestAfter = 60;

/** Tabs and control characters would move the caret or the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
