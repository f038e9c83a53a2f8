// Runs of the built pgdba, as a user starts them, each in a home of its own on a real disk.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const pgdba = fileURLToPath(new URL('../../bin/pgdba', import.meta.url));

/** A folder that is no tmpfs, where a sync costs nothing; removed when `use` is over. */
export async function inScratch(use) {
  mkdirSync('/var/tmp', { recursive: true });
  const folder = mkdtempSync('/var/tmp/pgdba-bench-');
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One call of pgdba in a home of its own. Answers milliseconds from spawn to exit, its exit and the home. */
export function callPgdba(folder, args, { home = mkdtempSync(join(folder, 'home-')), env = {} } = {}) {
  const began = Date.now();
  const started = process.hrtime.bigint();
  const { status, signal, error, stderr } = spawnSync(process.execPath, [pgdba, ...args], {
    cwd: folder,
    // A pipe as a script has it; the answer goes nowhere.
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C.UTF-8', PGDBA_HOME: home, ...env },
  });
  if (error) throw error;
  return { began, ms: Number(process.hrtime.bigint() - started) / 1e6, exit: status ?? signal, stderr, home };
}

/** The same for a run that must succeed. */
export function runPlaybook(folder, playbook, options) {
  const done = callPgdba(folder, ['run', playbook, '--yes'], options);
  if (done.exit !== 0) throw new Error(`pgdba run ${playbook} ended with ${done.exit}: ${done.stderr.slice(-2000)}`);
  return done;
}

/** The journal of the one run of a home. */
export function readJournal(home) {
  const file = journalFile(home);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return { file, lines, records: lines.map((line) => JSON.parse(line)) };
}

/** Id of the one run of a home. */
export function onlyRun(home) {
  const [id] = readdirSync(join(home, 'runs')).filter((name) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(name));
  if (!id) throw new Error(`${home} has no run`);
  return id;
}

/** Milliseconds from the first record of a run to its last, by the journal's own clock. */
export function drivenMs({ records }) {
  return Date.parse(records.at(-1).ts) - Date.parse(records[0].ts);
}

function journalFile(home) {
  return join(home, 'runs', onlyRun(home), 'journal.jsonl');
}
