// A thousand loop items of 100 ms, fifty at a time: against the time they must take, and a bare pool in this minute.
import { drivenMs, inScratch, readJournal, runPlaybook } from './engine/pgdba-run.mjs';
import { writeLoop } from './engine/playbooks.mjs';
import { judge, median, series, table } from './statistics.mjs';

export const title = 'A loop of waits';

const items = 1000;
const ms = 100;
const lanes = 50;
const ideal = (items / lanes) * ms;
const target = 1.25;

export async function measure({ rounds = 5, say }) {
  return inScratch(async (folder) => {
    const playbook = writeLoop(folder, { items, ms, lanes });
    const runs = { 'pgdba, first record to last': [], 'pgdba, spawn to exit': [], 'bare pool': [] };
    for (let round = 0; round < rounds; round += 1) {
      const { ms: whole, home } = runPlaybook(folder, playbook);
      runs['pgdba, spawn to exit'].push(whole);
      runs['pgdba, first record to last'].push(drivenMs(readJournal(home)));
      runs['bare pool'].push(await barePool());
      say(`round ${round + 1} of ${rounds}`);
    }
    const rows = [['', 'median ms', `of the ideal ${ideal} ms`, 'target', '']];
    let met = true;
    for (const [name, values] of Object.entries(runs)) {
      const { words, met: fits } = judge(median(values) / ideal, target);
      const judged = name === 'pgdba, first record to last';
      if (judged) met = fits;
      rows.push([name, median(values).toFixed(0), ...(judged ? words : [words[0], '', ''])]);
    }
    const note = `n = ${rounds}: ${items} items of \`wait@1\` for ${ms} ms with \`max_parallel: ${lanes}\`; each result is on disk before the next item of its lane begins.`;
    return { met, text: [note, table(rows), series(runs)].join('\n\n') };
  });
}

/** The same waits by nothing but timers. */
async function barePool() {
  const started = performance.now();
  let left = items;
  const lane = async () => {
    for (; left > 0; ) {
      left -= 1;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return performance.now() - started;
}
