// Writes schemas/*.schema.json from the code; with --check only says which of them are out of date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { savedPlanSchema } from '../src/engine/saved-plan-schema.ts';
import { packageRoot } from '../src/playbook/package-root.ts';
import { playbookSchema } from '../src/playbook/schema.ts';
import { Registry } from '../src/step/registry.ts';
import { probes, steps } from '../steps/index.ts';

/** Every generated schema: its file and what makes it. */
const generated: readonly { file: string; make: () => Promise<unknown> }[] = [
  { file: 'plan.schema.json', make: async () => savedPlanSchema },
  { file: 'playbook.schema.json', make: () => playbookSchema(new Registry(steps, probes)) },
];

const folder = join(packageRoot(), 'schemas');
const check = process.argv.includes('--check');
const stale: string[] = [];

for (const { file, make } of generated) {
  const path = join(folder, file);
  const wanted = `${JSON.stringify(await make(), null, 2)}\n`;
  if (read(path) === wanted) continue;
  stale.push(file);
  if (check) continue;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, wanted);
}

if (check && stale.length > 0) {
  process.stderr.write(`out of date: ${stale.map((file) => `schemas/${file}`).join(', ')}; run npm run schemas\n`);
  process.exitCode = 1;
} else process.stdout.write(`schemas: ${generated.length} in step with the code\n`);

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
