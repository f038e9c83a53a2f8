// What the journal costs: appends against a bare loop of write and fdatasync beside it, the list of a home with 100,000
// runs against `pgdba --version`, and showing a run of 10,000 tasks.
import { spawnSync } from 'node:child_process';
import { createHash, hash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ulid } from 'ulid';
import { importSources } from './bundle.mjs';
import { judge, median, series, table } from './statistics.mjs';

export const title = 'The journal';

const pgdba = fileURLToPath(new URL('../bin/pgdba', import.meta.url));
const perRound = 400;
const branches = 10;
const listedRuns = 100_000;
const shownTasks = 10_000;

export async function measure({ rounds = 10, say }) {
  const home = mkdtempSync(join(tmpdir(), 'pgdba-bench-journal-'));
  try {
    const { fileStore, Redactor, encodeLine, noHash } = await importSources(
      'src/journal/file-store.ts',
      'src/journal/line.ts',
      'src/secrets/redactor.ts',
    );
    const redactor = new Redactor();
    redactor.add('a secret that every string is searched for');
    const store = fileStore({ home, redactor });
    const appends = await measureAppends(store, home, rounds);
    say(`${rounds} × ${perRound} appends done`);
    const list = measureList(join(home, 'many'), rounds);
    say(`the list of ${listedRuns} runs was asked for ${rounds} times`);
    const show = measureShow(join(home, 'long'), { rounds, encodeLine, noHash });
    say(`a run of ${shownTasks} tasks was shown ${rounds} times`);
    return report(rounds, { appends, list, show });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Every append stands beside a bare one of the same bytes in the same directory; who goes first changes each time. */
async function measureAppends(store, home, rounds) {
  const journal = await store.create(newRun());
  const file = join(home, 'runs', journal.run, 'journal.jsonl');
  await journal.append(result(0));
  const line = readFileSync(file);
  const bare = openSync(join(home, 'runs', journal.run, 'bare'), 'a');
  const sums = { bare: [], journal: [], hash: [], alone: [], together: [] };
  const prev = '0'.repeat(64);
  const text = line.toString();
  for (let round = 0; round < rounds; round += 1) {
    const spent = { bare: 0, journal: 0, hash: 0 };
    for (let at = 0; at < perRound; at += 1) {
      const both = [
        async () => {
          spent.journal += await time(() => journal.append(result(at)));
          // The part of it that is the chain, as cold as it is there.
          spent.hash += await time(() => hash('sha256', prev + text));
        },
        async () => {
          spent.bare += await time(() => {
            writeSync(bare, line);
            fdatasyncSync(bare);
          });
        },
      ];
      for (const one of at % 2 === 0 ? both : both.reverse()) await one();
    }
    for (const [name, ms] of Object.entries(spent)) sums[name].push((1000 * ms) / perRound);
    sums.alone.push((1000 * (await inBranches(store, 1))) / perRound);
    sums.together.push((1000 * (await inBranches(store, branches))) / perRound);
  }
  await journal.close();
  closeSync(bare);
  return sums;
}

/** Tasks of this many branches, each waking up in a turn of the event loop, as a branch does that waited for the world. */
async function inBranches(store, count) {
  const journal = await store.create(newRun());
  const each = perRound / 2 / count;
  const branch = async (name) => {
    for (let at = 0; at < each; at += 1) {
      await turn();
      await journal.append(intent(`${name}-${at}`));
      await turn();
      await journal.append({ ...result(at), task: `${name}-${at}` });
    }
  };
  const ms = await time(() => Promise.all(Array.from({ length: count }, (_, at) => branch(`b${at}`))));
  await journal.close();
  return ms;
}

function measureList(home, rounds) {
  mkdirSync(join(home, 'runs'), { recursive: true });
  const index = join(home, 'runs', 'index.jsonl');
  for (let from = 0; from < listedRuns; from += 10_000) {
    const lines = Array.from({ length: 10_000 }, () => indexLines(ulid()));
    appendFileSync(index, lines.join(''));
  }
  const times = { version: [], list: [] };
  for (let round = 0; round < rounds; round += 1) {
    times.version.push(run(home, '--version').ms);
    times.list.push(run(home, 'runs', 'list').ms);
  }
  return times;
}

/** The journal is made here as pgdba would have written it, without the hours of syncing. */
function measureShow(home, { rounds, encodeLine, noHash }) {
  const id = ulid();
  const directory = join(home, 'runs', id);
  mkdirSync(directory, { recursive: true });
  const lines = [];
  let prev = noHash;
  let seq = 0;
  const add = (type, task, data) => {
    seq += 1;
    const ts = new Date(1_767_225_600_000 + seq).toISOString();
    const { bytes, hash: own } = encodeLine({
      v: 1,
      seq,
      ts,
      run: id,
      type,
      ...(task ? { task, attempt: 1 } : {}),
      data,
      prev,
    });
    lines.push(bytes);
    prev = own;
  };
  add('run.created', null, created);
  for (let at = 0; at < shownTasks; at += 1) {
    const task = `task_${at}`;
    add('task.checked', task, { is: 'change', summary: `change number ${at}`, diff: '- old\n+ new' });
    add('task.intent', task, intent(task).data);
    add('task.result', task, result(at).data);
  }
  add('run.ended', null, { status: 'succeeded', changed: true, outputs: {}, error: null, head: prev });
  writeFileSync(join(directory, 'journal.jsonl'), Buffer.concat(lines));
  writeFileSync(join(directory, 'head'), `${String(seq).padStart(12, '0')} ${prev}\n`);
  writeFileSync(join(home, 'runs', 'index.jsonl'), indexLines(id, { seq, head: prev }));
  const shown = Array.from({ length: rounds }, () => run(home, 'runs', 'show', id));
  return { ms: shown.map(({ ms }) => ms), mb: shown.map(({ mb }) => mb), bytes: Buffer.concat(lines).length };
}

function report(rounds, { appends, list, show }) {
  const mid = Object.fromEntries(
    Object.entries({ ...appends, ...list }).map(([name, values]) => [name, median(values)]),
  );
  const showMs = median(show.ms);
  const showMb = Math.max(...show.mb);
  const judged = [
    ['append, of a bare write and fdatasync', us(mid.journal), judge(mid.journal / mid.bare, 1 / 0.85)],
    ['hash chain, of an append', us(mid.hash), judge(mid.hash / mid.journal, 0.03)],
    [`record of one in ${branches} branches, of one alone`, us(mid.together), judge(mid.together / mid.alone, 0.5)],
    [`runs list over ${listedRuns} runs, of pgdba --version`, ms(mid.list), judge(mid.list / mid.version, 3)],
    [`runs show of ${shownTasks} tasks, of 1 s`, ms(showMs), judge(showMs / 1000, 1)],
    [`its peak memory, of 150 MB`, `${showMb.toFixed(0)} MB`, judge(showMb / 150, 1)],
  ];
  const rows = [['', 'median', 'ratio', 'target', '']];
  for (const [name, value, { words }] of judged) rows.push([name, value, ...words]);
  const note = `n = ${rounds} rounds of ${perRound} appends in turns with bare ones (${us(mid.bare)}) of the same bytes in the same directory,
of ${perRound} records by one branch and by ${branches}, and of one call each; output to /dev/null. 1.18 is 1 / 0.85. The long run's
journal has ${(show.bytes / 1e6).toFixed(0)} MB.`;
  const raw = series({
    'bare µs': appends.bare,
    'append µs': appends.journal,
    'alone µs': appends.alone,
    'together µs': appends.together,
    '--version ms': list.version,
    'list ms': list.list,
    'show ms': show.ms,
    'show MB': show.mb,
  });
  return { met: judged.every(([, , { met }]) => met), text: [note, table(rows), raw].join('\n\n') };
}

const reporter = `data:text/javascript,${encodeURIComponent(
  `import { writeFileSync } from 'node:fs';
   process.on('exit', () => writeFileSync(process.env.BENCH_RSS, String(process.resourceUsage().maxRSS)));`,
)}`;

/** Milliseconds from spawn to exit, and the most memory it had. */
function run(home, ...args) {
  const file = join(home, 'rss');
  const env = { ...process.env, PGDBA_HOME: home, BENCH_RSS: file };
  const watched = args[1] === 'show' ? ['--import', reporter] : [];
  const started = performance.now();
  const { status, error } = spawnSync(process.execPath, [...watched, pgdba, ...args], { stdio: 'ignore', env });
  const spent = performance.now() - started;
  if (error || status !== 0) throw new Error(`pgdba ${args.join(' ')} ended with ${error?.message ?? status}`);
  return { ms: spent, mb: watched.length > 0 ? Number(readFileSync(file, 'utf8')) / 1024 : 0 };
}

async function time(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

function us(value) {
  return `${value.toFixed(0)} µs`;
}

function ms(value) {
  return `${value.toFixed(0)} ms`;
}

const created = {
  pgdba: '0.1.0',
  playbook: { name: 'bench', version: '1.0.0', sha256: 'ab', risk: 'safe' },
  inputs: {},
  target: { name: 'demo' },
  actor: 'bench',
  host: 'here',
  reason: null,
  consent: 'not needed: safe',
};

function intent(task) {
  const data = {
    uses: 'sql@1',
    params: { member: 'n1', text: 'select 1' },
    memo: { timeline: 3 },
    pivot: false,
    hold: false,
  };
  return { type: 'task.intent', task, attempt: 1, data };
}

function result(at) {
  const out = { leader: 'n2', rows: [at, at + 1], text: 'what a task of an ordinary playbook answers '.repeat(4) };
  return {
    type: 'task.result',
    task: 'a',
    attempt: 1,
    data: { outcome: 'changed', out, error: null, warnings: [], ms: 3 },
  };
}

function newRun() {
  return {
    id: ulid(),
    playbook: 'bench',
    version: '1.0.0',
    cluster: 'demo',
    actor: 'bench',
    reason: null,
    source: '',
    file: 'x',
  };
}

function indexLines(id, { seq = 40, head = createHash('sha256').update(id).digest('hex') } = {}) {
  const process = { boot_id: 'none', pid: 1, start_time: 1 };
  const started_at = '2026-01-01T00:00:00.000Z';
  const start = {
    is: 'started',
    id,
    playbook: 'bench',
    version: '1.0.0',
    cluster: 'demo',
    actor: 'bench',
    reason: 'CHG-4711',
    started_at,
    process,
  };
  const end = { is: 'ended', id, status: 'succeeded', changed: true, ended_at: started_at, seq, head };
  return `${JSON.stringify(start)}\n${JSON.stringify(end)}\n`;
}
