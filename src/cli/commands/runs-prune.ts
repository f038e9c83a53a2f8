import { listLeases } from '../../engine/lease/list-leases.ts';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import { formatBytes } from '../../formats/bytes.ts';
import { chooseOldRuns, type OldRun } from '../../journal/choose-old-runs.ts';
import type { Invocation, PlainCommand } from '../invocation.ts';
import { terminalPrompt } from '../terminal-prompt.ts';

const command: PlainCommand = {
  define: (cli) =>
    cli
      .requiredOption('--keep-days <n>', 'keep every run that ended within so many days')
      .option('--dry-run', 'show what would go, remove nothing')
      .option('--yes', 'do not ask; needed without a terminal'),
  examples: ['pgdba runs prune --keep-days 90 --dry-run --format table', 'pgdba runs prune --keep-days 90 --yes'],
  async run(invocation) {
    const { services, options, home } = invocation;
    const days = parseDays(String(options['keepDays']));
    const store = await services.store();
    // A run that locks its cluster is the explanation somebody still has to read.
    const locking = new Set(listLeases(home).map(({ run }) => run));
    const before = new Date(Date.now() - days * dayMs).toISOString();
    const old = await chooseOldRuns(store, { before, keep: locking });
    const bytes = old.reduce((sum, run) => sum + run.bytes, 0);
    const dryRun = options['dryRun'] === true;
    if (old.length > 0 && !dryRun) {
      await agree(invocation, old, bytes);
      for (const { id } of old) await store.remove(id);
    }
    return { data: { ended_before: before, removed: !dryRun && old.length > 0, count: old.length, bytes, runs: old } };
  },
};
export default command;

const dayMs = 24 * 60 * 60 * 1000;

function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(days) && days <= 36_500) return days;
  throw new PgdbaError('USAGE', {
    facts: { problem: `--keep-days takes a whole number of days, not "${text}"` },
    hint: 'for example --keep-days 90',
  });
}

async function agree(
  { io, printer, globals, retry }: Invocation,
  old: readonly OldRun[],
  bytes: number,
): Promise<void> {
  if (globals.yes) return;
  const screen = { pause: async () => undefined, resume: () => undefined };
  const prompt = terminalPrompt(io, printer, screen);
  if (!prompt) {
    throw new PgdbaError('CONSENT_REQUIRED', {
      facts: { playbook: 'runs prune', risk: 'destructive' },
      hint: `see what would go with --dry-run, then agree with --yes: ${retry} --yes`,
    });
  }
  const shown = [`${old.length} runs, ${formatBytes(bytes)}; their journals cannot be brought back.`];
  const yes = await prompt.yesNo('Remove them?', shown, new AbortController().signal);
  if (!yes) throw new PgdbaError('DECLINED', { hint: 'nothing was removed' });
}
