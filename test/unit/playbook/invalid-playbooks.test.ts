import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import { findPlaybook } from '../../../src/playbook/catalogue.ts';
import { loadPlaybook } from '../../../src/playbook/load.ts';
import { packageRoot } from '../../../src/playbook/package-root.ts';
import type { ReadPlaybook } from '../../../src/playbook/read-playbook.ts';
import { testRegistry } from './steps.ts';

const folder = join(packageRoot(), 'test', 'playbooks');

/**
 * A folder for each case: playbook.yaml, beside it those of its child runs, and in error.txt what its author reads.
 * PGDBA_UPDATE_GOLDEN=1 writes these texts anew.
 */
describe('the author of a playbook reads, for', () => {
  it.each(readdirSync(folder).sort())('%s', async (name) => {
    const golden = join(folder, name, 'error.txt');
    const said = await verdictOn(join(folder, name));
    if (process.env['PGDBA_UPDATE_GOLDEN'] === '1' || !existsSync(golden)) writeFileSync(golden, said);
    expect(said).toBe(readFileSync(golden, 'utf8'));
  });
});

async function verdictOn(directory: string): Promise<string> {
  const textOf = (file: string) => readFileSync(join(directory, file), 'utf8');
  const read: ReadPlaybook = async (file) =>
    existsSync(join(directory, file)) ? { file, source: textOf(file) } : findPlaybook(file);
  try {
    await loadPlaybook(textOf('playbook.yaml'), 'playbook.yaml', testRegistry(), read);
    return 'valid\n';
  } catch (thrown) {
    if (!(thrown instanceof PgdbaError)) throw thrown;
    const { snippet, more, line, col } = thrown.facts;
    const lines = [
      `${thrown.code}: ${thrown.message}`,
      ...(typeof snippet === 'string' && snippet !== '' ? snippet.split('\n').map((line) => `  ${line}`) : []),
      ...(thrown.code === 'NOT_YET' ? [`  at ${line}:${col}`] : []),
      `hint: ${thrown.hint}`,
      ...(Array.isArray(more) ? more.map((line) => `also ${line}`) : []),
    ];
    return `${lines.join('\n')}\n`;
  }
}
