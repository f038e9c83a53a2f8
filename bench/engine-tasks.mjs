// What one more task costs: against ansible-playbook, and against a bare loop with the same effects and records.
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareAnsible, runAnsible, writeAnsible } from './engine/ansible.mjs';
import { inScratch, readJournal, runPlaybook } from './engine/pgdba-run.mjs';
import { writePlaybook } from './engine/playbooks.mjs';
import { judge, median, series, table } from './statistics.mjs';

export const title = 'Cost of one task';

const few = 1;
const many = 500;
const bareLoop = fileURLToPath(new URL('./engine/bare-loop.mjs', import.meta.url));

/** Ours, the peer, and the share of the peer's cost that it may take. */
const claims = [
  ['assert@1', 'ansible command: /bin/true', 1 / 100],
  ['assert@1', 'ansible debug', 1 / 14],
  ['exec@1 /bin/true', 'ansible command: /bin/true', 1 / 35],
  ['exec@1 /bin/true', 'bare loop of exec', 1.5],
];
/** Shown beside them without a target: a task without an effect has nothing to be measured by but the disk. */
const shown = [['assert@1', 'bare loop of assert']];

export async function measure({ rounds = 5, say }) {
  const ansible = prepareAnsible(say);
  return inScratch(async (folder) => {
    const measures = [ofPgdba(folder, 'assert@1', 'assert'), ofPgdba(folder, 'exec@1 /bin/true', 'exec')];
    if (ansible.version) measures.push(ofAnsible(folder, 'command'), ofAnsible(folder, 'debug'));
    const slopes = {};
    for (const { name } of measures.flat()) slopes[name] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const group of inTurn(measures, round)) {
        for (const { name, slope } of group) slopes[name].push(slope());
      }
      say(`round ${round + 1} of ${rounds}`);
    }
    return report(slopes, ansible, rounds);
  });
}

/** A run, and right after it the loop that writes its journal again: both meet the disk as it is in that minute. */
function ofPgdba(folder, name, kind) {
  const playbooks = new Map([few, many].map((count) => [count, writePlaybook(folder, kind, count)]));
  let homes;
  return [
    {
      name,
      slope() {
        homes = new Map();
        return slopeOf((count) => {
          const { ms, home } = runPlaybook(folder, playbooks.get(count));
          homes.set(count, home);
          return ms;
        });
      },
    },
    { name: `bare loop of ${kind}`, slope: () => slopeOf((count) => loopMs(folder, homes.get(count), kind)) },
  ];
}

function ofAnsible(folder, kind) {
  const playbooks = new Map([few, many].map((count) => [count, writeAnsible(folder, kind, count)]));
  const name = kind === 'command' ? 'ansible command: /bin/true' : 'ansible debug';
  return [{ name, slope: () => slopeOf((count) => runAnsible(folder, playbooks.get(count))) }];
}

function slopeOf(time) {
  const atFew = time(few);
  return (time(many) - atFew) / (many - few);
}

function loopMs(folder, home, kind) {
  const output = join(mkdtempSync(join(folder, 'loop-')), 'journal.jsonl');
  const args = [bareLoop, readJournal(home).file, output, kind];
  const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the bare loop ended with ${status}: ${stderr}`);
  return Number(stdout);
}

function report(slopes, ansible, rounds) {
  const medians = Object.fromEntries(Object.entries(slopes).map(([name, values]) => [name, median(values)]));
  const rows = [['one more task of', 'ms', 'one more of', 'ms', 'share', 'target', '']];
  let met = true;
  for (const [own, peer, target] of [...claims, ...shown.map((pair) => [...pair, undefined])]) {
    if (medians[peer] === undefined) {
      met = false;
      rows.push([own, medians[own].toFixed(2), peer, 'not measured', '', inWords(target), '**not shown**']);
      continue;
    }
    const share = medians[own] / medians[peer];
    const fits = target === undefined || judge(share, target).met;
    met &&= fits;
    const verdict = target === undefined ? '' : fits ? 'met' : '**missed**';
    const cells = [own, medians[own].toFixed(2), peer, medians[peer].toFixed(2)];
    rows.push([...cells, inWords(share), target === undefined ? '' : `≤ ${inWords(target)}`, verdict]);
  }
  const peer = ansible.version
    ? `ansible-core ${ansible.version}, \`-c local\`, no facts.`
    : `**ansible is not here, its rows are not measured:** ${ansible.problem}.`;
  const note = [
    `n = ${rounds} rounds in turns. Each figure is a slope, (T(${many}) − T(${few})) / ${many - few}, T from spawn to exit:`,
    'reading and checking the playbook is in it. The bare loop starts the same programs and writes and syncs the very',
    `bytes of the run's journal, and does nothing else. ${peer}`,
  ].join('\n');
  return { met, text: [note, table(rows), hundredths(slopes)].join('\n\n') };
}

/** `1/124` for small shares, `1.31` for the others. */
function inWords(share) {
  if (share === undefined) return '';
  return share < 0.2 ? `1/${(1 / share).toFixed(0)}` : share.toFixed(2);
}

function hundredths(slopes) {
  const inMicroseconds = Object.entries(slopes).map(([name, values]) => [
    `${name}, µs a task`,
    values.map((value) => value * 1000),
  ]);
  return series(Object.fromEntries(inMicroseconds));
}

function inTurn(list, round) {
  const at = round % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
