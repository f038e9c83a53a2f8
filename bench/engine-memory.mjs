// The most memory that a run of five hundred tasks holds, beside a run of one task and a bare Node.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inScratch, runPlaybook } from './engine/pgdba-run.mjs';
import { writePlaybook } from './engine/playbooks.mjs';
import { judge, median, series, table } from './statistics.mjs';

export const title = 'Memory of a run';

const target = 120;
const watcher = fileURLToPath(new URL('./engine/peak-memory.cjs', import.meta.url));

export async function measure({ rounds = 5, say }) {
  return inScratch(async (folder) => {
    const file = join(folder, 'peak');
    const env = { PEAK_FILE: file, NODE_OPTIONS: `--require=${watcher}` };
    const peakOf = (start) => {
      start();
      return Number(readFileSync(file, 'utf8')) / 1024;
    };
    const ofRun = (kind, count) => {
      const playbook = writePlaybook(folder, kind, count);
      return () => peakOf(() => runPlaybook(folder, playbook, { env }));
    };
    const bare = () => peakOf(() => spawnSync(process.execPath, ['-e', '0'], { env: { ...process.env, ...env } }));
    const measures = {
      'node -e 0': bare,
      '1 × exec@1': ofRun('exec', 1),
      '500 × assert@1': ofRun('assert', 500),
      '500 × exec@1': ofRun('exec', 500),
    };
    const runs = Object.fromEntries(Object.keys(measures).map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, peak] of Object.entries(measures)) runs[name].push(peak());
      say(`round ${round + 1} of ${rounds}`);
    }
    const rows = [['', 'median MiB', 'target', '']];
    let met = true;
    for (const [name, values] of Object.entries(runs)) {
      const judged = name.startsWith('500');
      const fits = judge(median(values), target).met;
      met &&= !judged || fits;
      const words = judged ? [`≤ ${target}`, fits ? 'met' : '**missed**'] : ['', ''];
      rows.push([name, median(values).toFixed(0), ...words]);
    }
    const note = `n = ${rounds} rounds in turns; VmHWM of the process of \`pgdba run\` when it ends.`;
    return { met, text: [note, table(rows), series(runs)].join('\n\n') };
  });
}
