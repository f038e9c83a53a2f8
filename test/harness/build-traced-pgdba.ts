import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

export interface TracedPgdba {
  readonly launcher: string;
  remove(): void;
}

const root = join(import.meta.dirname, '../..');

/** pgdba as it is built, but for its ids: they come from FIXED_ULIDS, so that strace knows a run's files beforehand. */
export async function buildTracedPgdba(): Promise<TracedPgdba> {
  const folder = mkdtempSync(join(tmpdir(), 'pgdba-traced-'));
  const { default: shipped } = await import(join(root, 'rolldown.config.mjs'));
  const { output, ...input } = shipped;
  const alias = { ulid: join(root, 'test/harness/fixed-ulid.ts') };
  const bundle = await rolldown({ ...input, logLevel: 'silent', resolve: { alias } });
  await bundle.write({ ...output, dir: join(folder, 'dist') });
  await bundle.close();
  cpSync(join(root, 'dist', 'verbs.json'), join(folder, 'dist', 'verbs.json'));
  for (const name of ['bin', 'package.json']) cpSync(join(root, name), join(folder, name), { recursive: true });
  for (const name of ['playbooks', 'deployments', 'schemas']) symlinkSync(join(root, name), join(folder, name));
  return { launcher: join(folder, 'bin', 'pgdba'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
