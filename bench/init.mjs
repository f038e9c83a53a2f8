// How long `pgdba cluster init` takes, against scripts that start the same servers with the same configuration.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BareCluster } from './bare-cluster.mjs';
import { judge, median, series, table } from './statistics.mjs';

export const title = 'Making a cluster';

const pgdba = fileURLToPath(new URL('../bin/pgdba', import.meta.url));
const ours = 'pgdba cluster init';
const plain = 'plain script';
const expert = 'expert script';
const target = 1.25;

export async function measure({ rounds = 5, say }) {
  const runs = { [ours]: [], [plain]: [], [expert]: [] };
  // The scripts get the very files that pgdba wrote: this cluster's, stopped and emptied before each of their turns.
  const template = newHome();
  let entry;
  try {
    call(template, 'cluster', 'init', '--provider', 'local', '--name', 'bench');
    call(template, 'cluster', 'stop', '--name', 'bench', '--yes');
    entry = JSON.parse(readFileSync(join(template, 'clusters.json'), 'utf8')).clusters.bench;
    const turns = {
      [ours]: () => timeInit(),
      [plain]: () => timeBare(entry, (cluster) => cluster.startAllAtOnce()),
      [expert]: () => timeBare(entry, (cluster) => cluster.startInOrder()),
    };
    const names = Object.keys(turns);
    for (let round = 0; round < rounds; round += 1) {
      for (let turn = 0; turn < names.length; turn += 1) {
        const name = names[(round + turn) % names.length];
        const ms = await turns[name]();
        runs[name].push(ms);
        say(`round ${round + 1}: ${name} ${(ms / 1000).toFixed(1)} s`);
      }
    }
  } finally {
    // pgdba removes no database but the one it made: the last script's goes first
    if (entry) new BareCluster(entry).empty();
    remove(template);
  }
  return report(runs, rounds);
}

function report(runs, rounds) {
  const medians = Object.fromEntries(Object.entries(runs).map(([name, values]) => [name, median(values)]));
  const verdict = judge(medians[ours] / medians[plain], target);
  const seconds = (name) => (medians[name] / 1000).toFixed(2);
  const rows = [
    ['', 'median s', `${ours} is`, 'target', ''],
    [ours, seconds(ours), '', '', ''],
    [plain, seconds(plain), ...verdict.words],
    [expert, seconds(expert), (medians[ours] / medians[expert]).toFixed(2), 'none', ''],
  ];
  const note = `n = ${rounds} of each, in turns, each round beginning with another one. Time is from the call until two standbys stream
(scripts: asked by SQL every 50 ms; pgdba: until the command has ended, which includes Node's start, the checks before, the
secrets, the application's role and database, and a connection through the pooler).
The plain script waits for etcd, then starts three Patronis and PgBouncer at once. The expert script starts one member,
waits for the leader, starts the others, and wakes the leader's loop by a PATCH that changes nothing once they have joined.`;
  return { met: verdict.met, text: [note, table(rows), `Milliseconds:\n\n${series(runs)}`].join('\n\n') };
}

function timeInit() {
  const home = newHome();
  try {
    const started = performance.now();
    call(home, 'cluster', 'init', '--provider', 'local', '--name', 'bench');
    return performance.now() - started;
  } finally {
    remove(home);
  }
}

async function timeBare(entry, start) {
  const cluster = new BareCluster(entry);
  cluster.empty();
  try {
    const started = performance.now();
    await start(cluster);
    await cluster.untilStreaming();
    return performance.now() - started;
  } finally {
    await cluster.stop();
  }
}

function newHome() {
  return mkdtempSync(join(tmpdir(), 'pgdba-bench-'));
}

function remove(home) {
  call(home, 'cluster', 'destroy', '--name', 'bench', '--confirm');
  rmSync(home, { recursive: true, force: true });
}

function call(home, ...args) {
  const { status, stderr } = spawnSync(process.execPath, [pgdba, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PGDBA_HOME: home },
  });
  if (status !== 0) throw new Error(`pgdba ${args.join(' ')} ended with ${status}:\n${stderr}`);
}
