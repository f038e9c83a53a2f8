import { PgdbaError } from '../../errors/pgdba-error.ts';
import { closest } from '../../formats/closest.ts';
import type { RunSummary } from '../../journal/store.ts';
import { renderTable, type TableStyle } from '../../output/table.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) =>
    cli
      .option('--limit <n>', 'show at most this many', '20')
      .option('--status <status>', 'only runs that stand like this: running, interrupted, waiting, failed, …')
      .option('--all', 'show the runs that tasks of other runs started, too'),
  examples: ['pgdba runs list --format table', 'pgdba runs list --cluster demo --status failed --limit 5'],
  async run({ services, globals, options }) {
    const status = options['status'] === undefined ? {} : { status: parseStatus(String(options['status'])) };
    const cluster = globals.name === null ? {} : { cluster: globals.name };
    const limit = parseLimit(String(options['limit']));
    const store = await services.store();
    const runs = await store.list({ limit, children: options['all'] === true, ...cluster, ...status });
    return { data: { runs }, draw: (style) => tableOf(runs, style) };
  },
};
export default command;

function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit > 0 && Number.isSafeInteger(limit)) return limit;
  throw new PgdbaError('USAGE', {
    facts: { problem: `--limit takes a whole number from 1, not "${text}"` },
    hint: 'for example --limit 50',
  });
}

/** For people: what names a run stays whole, and the narrower the page, the fewer columns; `runs show` has the rest. */
function tableOf(runs: readonly RunSummary[], style: TableStyle): string {
  const { width } = style;
  const room = runs.some(({ parent }) => parent !== null) ? width - 10 : width;
  const rows = runs.map(({ id, playbook, cluster, status, changed, actor, started_at, reason, parent }) => ({
    id,
    playbook,
    cluster,
    status,
    ...(room < 95 ? {} : { changed, actor }),
    started: dayAndMinute(started_at),
    reason,
    parent,
  }));
  return renderTable({ runs: rows }, style);
}

/** One word, so that it stays on one line; the year only when it is another one. */
function dayAndMinute(ts: string): string {
  const text = ts.slice(0, 'YYYY-MM-DDTHH:MM'.length);
  return `${text.startsWith(`${new Date().getUTCFullYear()}-`) ? text.slice('YYYY-'.length) : text}Z`;
}

const statuses: Readonly<Record<RunSummary['status'], true>> = {
  running: true,
  interrupted: true,
  'never-began': true,
  waiting: true,
  'needs-decision': true,
  drift: true,
  succeeded: true,
  failed: true,
  refused: true,
  declined: true,
  'rolled-back': true,
  'rollback-failed': true,
  'partly-rolled-back': true,
  cancelled: true,
};

function parseStatus(text: string): RunSummary['status'] {
  if (isStatus(text)) return text;
  const known = Object.keys(statuses);
  const near = closest(text, known);
  throw new PgdbaError('USAGE', {
    facts: { problem: `--status takes ${known.join(', ')}, not "${text}"` },
    hint: near ? `did you mean ${near}?` : 'for example --status interrupted',
  });
}

function isStatus(text: string): text is RunSummary['status'] {
  return Object.hasOwn(statuses, text);
}
