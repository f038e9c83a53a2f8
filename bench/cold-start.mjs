// How long the commands take that do no work: against an empty Node program, and against Patroni's own tool.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findTool } from '../scripts/system-tools.mjs';
import { judge, median, series, table } from './statistics.mjs';

export const title = 'Cold start';

const pgdba = fileURLToPath(new URL('../bin/pgdba', import.meta.url));
const node = process.execPath;
const peer = 'patronictl version';
const bare = 'node -e 0';

const commands = {
  [bare]: [node, '-e', '0'],
  'pgdba --version': [node, pgdba, '--version'],
  'pgdba --help': [node, pgdba, '--help'],
  'pgdba playbook list': [node, pgdba, 'playbook', 'list'],
  [peer]: [findTool('patronictl'), 'version'],
};
const targets = { 'pgdba --version': 1.15, 'pgdba --help': 1.3, 'pgdba playbook list': 2 };

export async function measure({ rounds = 30, say }) {
  const runs = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (const argv of Object.values(commands)) time(argv); // files into the page cache
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, argv] of inTurn(Object.entries(commands), round)) runs[name].push(time(argv));
  }
  const medians = Object.fromEntries(Object.entries(runs).map(([name, values]) => [name, median(values)]));
  say(`${rounds} rounds done`);

  const rows = [['command', 'median ms', `of ${bare}`, 'target', '', `of ${peer}`, 'target', '']];
  let met = true;
  for (const [name, ms] of Object.entries(medians)) {
    const ownTarget = targets[name];
    if (ownTarget === undefined) {
      rows.push([
        name,
        ms.toFixed(1),
        (ms / medians[bare]).toFixed(2),
        '',
        '',
        (ms / medians[peer]).toFixed(2),
        '',
        '',
      ]);
      continue;
    }
    const own = judge(ms / medians[bare], ownTarget);
    const other = judge(ms / medians[peer], 1);
    met = met && own.met && other.met;
    rows.push([name, ms.toFixed(1), ...own.words, ...other.words]);
  }
  const note = `n = ${rounds} rounds of all five, in turns, each round beginning with another one; output to /dev/null.`;
  return { met, text: [note, table(rows), series(runs)].join('\n\n') };
}

/** Milliseconds from spawn to exit. */
function time([program, ...args]) {
  const started = process.hrtime.bigint();
  const { status, error } = spawnSync(program, args, { stdio: 'ignore' });
  const ms = Number(process.hrtime.bigint() - started) / 1e6;
  if (error || status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${error?.message ?? status}`);
  return ms;
}

function inTurn(entries, round) {
  const at = round % entries.length;
  return [...entries.slice(at), ...entries.slice(0, at)];
}
