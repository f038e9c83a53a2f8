import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import { loadPlaybook } from '../../../src/playbook/load.ts';
import { packageRoot } from '../../../src/playbook/package-root.ts';
import { testRegistry } from './steps.ts';

const folder = join(packageRoot(), 'test', 'playbooks');

/** A folder for each mistake: playbook.yaml and what its author reads. PGDBA_UPDATE_GOLDEN=1 writes the texts anew. */
describe('a playbook with a mistake', () => {
  it.each(readdirSync(folder).sort())('%s', async (name) => {
    const golden = join(folder, name, 'error.txt');
    const said = await mistakeOf(readFileSync(join(folder, name, 'playbook.yaml'), 'utf8'));
    if (process.env['PGDBA_UPDATE_GOLDEN'] === '1' || !existsSync(golden)) writeFileSync(golden, said);
    expect(said).toBe(readFileSync(golden, 'utf8'));
  });
});

async function mistakeOf(text: string): Promise<string> {
  try {
    await loadPlaybook(text, 'playbook.yaml', testRegistry());
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
