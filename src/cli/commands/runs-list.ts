import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) => cli.option('--limit <n>', 'show at most this many', '20'),
  examples: ['pgdba runs list --format table', 'pgdba runs list --cluster demo --limit 5'],
  async run({ services, globals, options }) {
    const limit = parseLimit(String(options.limit));
    const store = await services.store();
    const runs = await store.list({ limit, ...(globals.name === null ? {} : { cluster: globals.name }) });
    return { data: { runs } };
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
