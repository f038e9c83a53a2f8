// Writes docs/reference/*.md from the code; with --check only says which of them are out of date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shippedPlaybooks } from '../src/playbook/catalogue.ts';
import { loadPlaybook } from '../src/playbook/load.ts';
import { packageRoot } from '../src/playbook/package-root.ts';
import { Registry } from '../src/step/registry.ts';
import { probes, steps } from '../steps/index.ts';
import { commandPage } from './reference/commands.ts';
import { errorPage } from './reference/errors.ts';
import { playbookPage } from './reference/playbooks.ts';
import { stepPage } from './reference/steps.ts';

const registry = new Registry(steps, probes);
const shipped = await shippedPlaybooks();
const playbooks = await Promise.all(shipped.map(({ source, file }) => loadPlaybook(source, file, registry)));

/** Every generated page: its file and its text. */
const generated: readonly { file: string; text: string }[] = [
  { file: 'commands.md', text: await commandPage() },
  { file: 'errors.md', text: errorPage() },
  { file: 'playbooks.md', text: playbookPage(playbooks) },
  { file: 'steps.md', text: await stepPage(registry, playbooks) },
];

const folder = join(packageRoot(), 'docs', 'reference');
const check = process.argv.includes('--check');
const stale: string[] = [];

for (const { file, text } of generated) {
  const path = join(folder, file);
  if (read(path) === text) continue;
  stale.push(file);
  if (check) continue;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, text);
}

if (check && stale.length > 0) {
  process.stderr.write(`out of date: ${stale.map((file) => `docs/reference/${file}`).join(', ')}; run npm run docs\n`);
  process.exitCode = 1;
} else process.stdout.write(`docs: ${generated.length} pages in step with the code\n`);

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
