// A run of a thousand tasks, killed in its last one: how long a resume takes to get there, beside what it must look at.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callPgdba, inScratch, onlyRun, readJournal } from './engine/pgdba-run.mjs';
import { writeTasks } from './engine/playbooks.mjs';
import { judge, median, series, table } from './statistics.mjs';

export const title = 'Resume of a thousand tasks';

const count = 1000;
const targetMs = 1000;

/** Tasks whose journal says all, and tasks that are asked again by a program each. */
const kinds = {
  'tasks that need no look': { look: () => null, task: (at) => `with: { argv: [/bin/true, "${at}"] }` },
  'tasks with a done_when': {
    look: (state, at) => ['test', '-e', join(state, `${at}`)],
    task: (at, state) => {
      const file = join(state, `${at}`);
      return `with: { argv: [touch, "${file}"], done_when: { argv: [test, -e, "${file}"] } }`;
    },
  },
};

export async function measure({ rounds = 3, say }) {
  return inScratch(async (folder) => {
    const runs = {};
    const rows = [
      ['999 done', 'first remaining task begins after, ms', 'bare looks, ms', 'less the looks, ms', 'target', ''],
    ];
    let met = true;
    const figures = Object.fromEntries(Object.keys(kinds).map((name) => [name, { resumes: [], looks: [] }]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, kind] of Object.entries(kinds)) {
        const { resume, looks } = await once(folder, kind);
        figures[name].resumes.push(resume);
        figures[name].looks.push(looks);
      }
      say(`round ${round + 1} of ${rounds}`);
    }
    for (const [name, { resumes, looks }] of Object.entries(figures)) {
      const rest = median(resumes.map((ms, at) => ms - looks[at]));
      const fits = judge(rest / targetMs, 1).met;
      met &&= fits;
      const ms = [median(resumes), median(looks), rest].map((value) => value.toFixed(0));
      rows.push([name, ...ms, `≤ ${targetMs}`, fits ? 'met' : '**missed**']);
      runs[`${name}, resume`] = resumes;
      runs[`${name}, bare looks`] = looks;
    }
    const note = [
      `n = ${rounds} rounds in turns: \`exec@1\` × ${count}, pgdba killed (SIGKILL) in the last one, then \`pgdba runs resume\`.`,
      'Measured from its spawn to the intent of the remaining task on disk. The bare looks are the same programs started',
      'one after the other by an empty loop.',
    ].join('\n');
    return { met, text: [note, table(rows), series(runs)].join('\n\n') };
  });
}

async function once(parent, kind) {
  const folder = mkdtempSync(join(parent, 'resume-'));
  const state = join(folder, 'state');
  mkdirSync(state);
  const bodies = Array.from({ length: count - 1 }, (_, at) => `uses: exec@1, ${kind.task(at, state)}`);
  const playbook = writeTasks(folder, 'resume', [...bodies, lastTask(state)]);
  const killed = callPgdba(folder, ['run', playbook, '--yes']);
  if (killed.exit !== 'SIGKILL') throw new Error(`pgdba should have been killed, and ended with ${killed.exit}`);

  const looks = await looksMs(Array.from({ length: count - 1 }, (_, at) => kind.look(state, at)).filter(Boolean));
  writeFileSync(join(state, 'ready'), '');
  const { home } = killed;
  const resumed = callPgdba(folder, ['runs', 'resume', onlyRun(home), '--yes'], { home });
  if (resumed.exit !== 0) throw new Error(`the resume ended with ${resumed.exit}: ${resumed.stderr.slice(-2000)}`);
  const { records } = readJournal(home);
  const intent = records.findLast(({ type }) => type === 'task.intent');
  return { resume: Date.parse(intent.ts) - resumed.began, looks };
}

/** Kills pgdba, its parent, until there is a file `ready`; then it is an event that can be proved. */
function lastTask(state) {
  const script = `test -e ${state}/ready && touch ${state}/last || kill -9 $PPID`;
  const proof = `done_when: { argv: [test, -e, "${state}/last"] }`;
  return `uses: exec@1, with: { argv: [/bin/sh, -c, "${script}"], ${proof} }`;
}

async function looksMs(looks) {
  const started = performance.now();
  for (const [program, ...args] of looks) {
    await new Promise((resolve, reject) => {
      const child = spawn(program, args, { cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [child.stdout, child.stderr]) stream.resume();
      child.once('error', reject);
      child.once('close', resolve);
    });
  }
  return performance.now() - started;
}
