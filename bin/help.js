// The text of `pgdba --help`, made from the list of verbs that the build wrote.
'use strict';
const { readFileSync } = require('node:fs');

const WIDTH = 100;
const VERB_COLUMN = 30;

// Order of the page: what a DBA reaches for first comes first.
const AREAS = [
  ['Clusters', ['cluster']],
  ['Failover', ['failover', 'switchover']],
  ['Replicas', ['replica']],
  ['Health and monitoring', ['health', 'monitor', 'doctor']],
  ['Backups', ['backup']],
  ['Configuration', ['config']],
  ['Queries and sessions', ['query', 'psql']],
  ['Maintenance', ['maintain']],
  ['Upgrades', ['upgrade']],
  ['Moving data', ['migrate', 'import']],
  ['Chaos drills', ['chaos']],
  ['Schedules', ['schedule']],
  ['Runs', ['runs', 'lease']],
  ['Playbooks and steps', ['playbook', 'step']],
];

/** The whole page, ending in a newline. `verbsFile`: path of dist/verbs.json. */
exports.topLevelHelp = (verbsFile, version) => {
  const { verbs } = JSON.parse(readFileSync(verbsFile, 'utf8'));
  return `pgdba ${version}: a virtual DBA for PostgreSQL
Every operation is a playbook: checked first, planned, journaled, resumable.

Usage:
  pgdba run FILE|NAME [--set KEY=VALUE ...] [options]
  pgdba VERB [options]
  pgdba VERB --help

${verbPages(verbs)}
Options of every verb:
  --name CLUSTER                which cluster (also --cluster, -c)
  --patroni-url URL             a cluster that pgdba does not know yet, by its Patroni
  --check, --dry-run            show the plan with real facts, change nothing
  --yes                         do not ask before disruptive work
  --confirm                     with --name: agree to destructive work
  --reason TEXT                 why, for the journal
  --wait DURATION               wait for a busy cluster this long (0: fail at once)
  --format json|table|yaml      shape of the answer on stdout (default: json)
  --events                      stream the journal's records as NDJSON, the answer last
  --config FILE, --home DIR     configuration file; pgdba's own directory ($PGDBA_HOME)
  --provider NAME               local, docker, baremetal or kubernetes
  --log-level LEVEL, --verbose  how much progress says on stderr; --quiet says nothing
  -V, --version                 print the version

Examples:
  pgdba run playbooks/init-cluster.yaml --provider local --name demo
  pgdba cluster status --name demo --format table
  pgdba runs show last --format table

Docs: README.md and docs/ beside this program; \`pgdba playbook list\` shows what is shipped.
`;
};

function verbPages(verbs) {
  const known = new Set(AREAS.flatMap(([, words]) => words));
  const others = [...new Set(verbs.map(firstWord))].filter((word) => !known.has(word) && word !== 'run').sort();
  return [...AREAS, ['Also', others]]
    .map(([title, words]) => [title, verbs.filter((verb) => words.includes(firstWord(verb)))])
    .filter(([, members]) => members.length > 0)
    .map(([title, members]) => `${title}:\n${lines(members).join('')}`)
    .join('\n');
}

function firstWord({ verb }) {
  return verb.split(' ', 1)[0];
}

/** One line per playbook: the verbs that start the same one stand side by side. */
function lines(members) {
  const rows = new Map();
  for (const { verb, playbook, summary } of members) {
    const key = playbook ?? verb;
    const row = rows.get(key) ?? { names: [], summary };
    row.names.push(verb);
    rows.set(key, row);
  }
  return [...rows.values()].map(({ names, summary }) => line(names.join(', '), summary ?? ''));
}

function line(names, summary) {
  const room = WIDTH - VERB_COLUMN - 2;
  const text = wrap(summary, room).join(`\n${' '.repeat(VERB_COLUMN + 2)}`);
  const head = `  ${names}`;
  if (head.length + 2 > VERB_COLUMN + 2) return `${head}\n${' '.repeat(VERB_COLUMN + 2)}${text}\n`;
  return `${head.padEnd(VERB_COLUMN + 2)}${text}\n`;
}

function wrap(text, room) {
  const rows = [''];
  for (const word of text.split(/\s+/)) {
    const last = rows[rows.length - 1];
    if (last === '') rows[rows.length - 1] = word;
    else if (last.length + 1 + word.length <= room) rows[rows.length - 1] = `${last} ${word}`;
    else rows.push(word);
  }
  return rows;
}
