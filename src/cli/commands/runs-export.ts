import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { describe, PgdbaError } from '../../errors/pgdba-error.ts';
import { asWritten } from '../../journal/blobs.ts';
import { neverBegan } from '../../journal/list-runs.ts';
import type { JournalStore } from '../../journal/store.ts';
import type { RunReport } from '../../report/run-report.ts';
import { RunFold } from '../../report/run-view.ts';
import type { PlainCommand } from '../invocation.ts';

const makers: Readonly<Record<string, (store: JournalStore, run: string) => Promise<string>>> = {
  json: async (store, run) => `${JSON.stringify(await gather(store, run), null, 2)}\n`,
  jsonl: journalLines,
  md: async (store, run) => (await import('../../report/markdown.ts')).toMarkdown(await gather(store, run)),
  junit: async (store, run) => (await import('../../report/junit.ts')).toJunit(await gather(store, run)),
  html: async (store, run) => (await import('../../report/html.ts')).toHtml(await gather(store, run)),
};

const command: PlainCommand = {
  define: (cli) =>
    cli
      .argument('<run>', 'id or any unique part of it, `last`, or `last:CLUSTER`')
      .addOption(
        new Option(
          '--format <format>',
          'md: text for the ticket; html: one page for people; json; jsonl: the journal as written; junit: for CI',
        )
          .choices(Object.keys(makers))
          .default('md'),
      )
      .option('--out <file>', 'write it there, not on standard output'),
  examples: [
    'pgdba runs export last',
    'pgdba runs export last --format html --out run.html',
    'pgdba runs export last --format jsonl | sha256sum',
  ],
  async run({ services, options, io, operands: [operand = 'last'] }) {
    const format = String(options['format']);
    const store = await services.store();
    const run = await store.resolve(operand);
    const text = (await makers[format]?.(store, run)) ?? '';
    if (options['out'] === undefined) return { text };
    const file = resolve(io.cwd, String(options['out']));
    await writeOut(file, text);
    return { data: { run, format, file, bytes: Buffer.byteLength(text) } };
  },
};
export default command;

/** The whole journal is read twice: once for its story, once to prove it. */
async function gather(store: JournalStore, run: string): Promise<RunReport> {
  const fold = new RunFold();
  for await (const record of store.scan(run)) fold.add(record);
  const view = fold.view(await store.guards(run));
  if (view.records === 0) throw neverBegan(run);
  const evidence = { ...(await store.verify(run)), verified_at: new Date().toISOString() };
  return { status: view.status ?? (await store.summary(run))?.status ?? 'interrupted', view, evidence };
}

/** Every line as it stands in the journal; large values stay references to blobs. */
async function journalLines(store: JournalStore, run: string): Promise<string> {
  const lines: string[] = [];
  for await (const record of store.scan(run)) lines.push(`${JSON.stringify(asWritten(record))}\n`);
  return lines.join('');
}

async function writeOut(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600 });
  } catch (thrown) {
    throw new PgdbaError('FILE_NOT_WRITTEN', {
      facts: { file, problem: describe(thrown) },
      hint: 'choose another file with --out',
      cause: thrown,
    });
  }
}
