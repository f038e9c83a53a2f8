// Durable steps per second against DBOS, which keeps them in PostgreSQL: both on this host's disk, one step after another.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drivenMs, inScratch, readJournal, runPlaybook } from './engine/pgdba-run.mjs';
import { writePlaybook } from './engine/playbooks.mjs';
import { withPostgres } from './engine/postgres.mjs';
import { median, series, table } from './statistics.mjs';

export const title = 'Steps per second beside DBOS';

const version = '5.3.0';
const few = 1;
const many = 500;
const target = 3;
const app = fileURLToPath(new URL('./engine/dbos-app.mjs', import.meta.url));

export async function measure({ rounds = 5, say }) {
  return inScratch(async (folder) => {
    installSdk(folder);
    say(`@dbos-inc/dbos-sdk ${version} is installed`);
    return withPostgres(async (url) => {
      const playbooks = new Map([few, many].map((count) => [count, writePlaybook(folder, 'assert', count)]));
      const runs = { 'DBOS, no-op step': [], 'pgdba, assert@1': [], 'pgdba with start and reading': [] };
      for (let round = 0; round < rounds; round += 1) {
        const inside = new Map();
        const whole = new Map();
        for (const [count, playbook] of playbooks) {
          const { ms, home } = runPlaybook(folder, playbook);
          whole.set(count, ms);
          inside.set(count, drivenMs(readJournal(home)));
        }
        const peer = runDbos(folder, url);
        runs['DBOS, no-op step'].push(perSecond(peer[few], peer[many]));
        runs['pgdba, assert@1'].push(perSecond(inside.get(few), inside.get(many)));
        runs['pgdba with start and reading'].push(perSecond(whole.get(few), whole.get(many)));
        say(`round ${round + 1} of ${rounds}`);
      }
      return report(runs, rounds);
    });
  });
}

function report(runs, rounds) {
  const peer = median(runs['DBOS, no-op step']);
  const rows = [['', 'steps per second', 'times DBOS', 'target', '']];
  let met = true;
  for (const [name, values] of Object.entries(runs)) {
    const times = median(values) / peer;
    const judged = name === 'pgdba, assert@1';
    if (judged) met = times >= target;
    const words = judged ? [`≥ ${target}`, met ? 'met' : '**missed**'] : ['', ''];
    rows.push([name, median(values).toFixed(0), times.toFixed(2), ...words]);
  }
  const note = [
    `n = ${rounds} rounds in turns, slopes between ${few} and ${many} steps. DBOS Transact ${version} on a PostgreSQL with its`,
    'defaults (fsync on) over loopback; a workflow warmed up before. pgdba: from the first record of a run to its last, as',
    "DBOS is timed around its workflow; the last row is the slope of the whole command, which DBOS's program has no part of.",
  ].join('\n');
  return { met, text: [note, table(rows), series(runs)].join('\n\n') };
}

function perSecond(atFew, atMany) {
  return ((many - few) / (atMany - atFew)) * 1000;
}

/** Into a folder of its own: the peer is no dependency of pgdba. */
function installSdk(folder) {
  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  const args = ['install', '--no-fund', '--no-audit', '--ignore-scripts', `@dbos-inc/dbos-sdk@${version}`];
  const { status, error } = spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 2] });
  if (error || status !== 0) throw new Error(`npm could not install @dbos-inc/dbos-sdk ${version}`);
}

function runDbos(folder, url) {
  const args = [app, folder, url, String(few), String(many)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the DBOS program ended with ${status}: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout.slice(stdout.lastIndexOf('{')));
}
