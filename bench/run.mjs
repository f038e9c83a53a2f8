#!/usr/bin/env node
// `npm run bench [-- NAME … [--rounds N]]`: measures what pgdba claims about its speed, each claim against a peer in the
// same run, and writes the figures into RESULTS.md. Every bench is a file of its own with `title` and `measure({rounds})`.
import { parseArgs } from 'node:util';
import { prepare } from '../scripts/prepare.mjs';
import { describeMachine } from './machine.mjs';
import { writeSection } from './results.mjs';

const benches = {
  'cold-start': () => import('./cold-start.mjs'),
  'engine-tasks': () => import('./engine-tasks.mjs'),
  'engine-dbos': () => import('./engine-dbos.mjs'),
  'engine-loop': () => import('./engine-loop.mjs'),
  'engine-memory': () => import('./engine-memory.mjs'),
  'engine-resume': () => import('./engine-resume.mjs'),
  init: () => import('./init.mjs'),
  journal: () => import('./journal.mjs'),
  switchover: () => import('./switchover.mjs'),
  'switchover-nodelay': () => import('./switchover-nodelay.mjs'),
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string' } } });
const names = positionals.length > 0 ? positionals : Object.keys(benches);
const unknown = names.filter((name) => !Object.hasOwn(benches, name));
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
if (unknown.length > 0)
  stop(`there is no bench "${unknown.join(', ')}"`, `write one of ${Object.keys(benches).join(', ')}`);
if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
  stop(`--rounds takes a whole number above 0, not "${values.rounds}"`, 'leave it out for the usual number');
}

prepare();
for (const name of names) {
  const { title, measure } = await benches[name]();
  process.stderr.write(`${title}\n`);
  const machine = describeMachine();
  const { text, met } = await measure({ rounds, say: (line) => process.stderr.write(`  ${line}\n`) });
  const section = [`${new Date().toISOString().slice(0, 10)}, ${machine}.`, text].join('\n\n');
  writeSection(title, section);
  process.stdout.write(`${title}\n\n${text}\n\n`);
  if (!met) process.exitCode = 1;
}

function stop(problem, hint) {
  process.stderr.write(`error: ${problem}\nHINT: ${hint}\n`);
  process.exit(2);
}
