#!/usr/bin/env node
// Runs the tests, after preparing what they need, and closes with one line: `N passed, N failed[, N skipped]`.
//   --unit   only what needs no servers and no build      --long   the long ones too
// Everything else goes to vitest: paths, -t NAME, --coverage, ...
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

const given = process.argv.slice(2);
const unit = given.includes('--unit');
const long = given.includes('--long');

let counts = { passed: 0, failed: 1, skipped: 0 };
// Printed on the way out, whatever the way: also when preparing failed or vitest died.
process.on('exit', () => {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
});

prepare({ servers: !unit, build: !unit, tests: true });
process.exitCode = runVitest(given.filter((word) => word !== '--unit' && word !== '--long'));

function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'pgdba-test-counts-'));
  const file = join(folder, 'counts.json');
  try {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts', 'count-reporter.mjs')}`];
    const projects = unit ? ['--project=unit'] : [];
    const env = { ...process.env, PGDBA_TEST_COUNTS: file, ...(long ? { PGDBA_TEST_LONG: '1' } : {}) };
    const command = [vitest, 'run', ...reporters, ...projects, ...args];
    const { status, signal } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit', env });
    if (existsSync(file)) counts = JSON.parse(readFileSync(file, 'utf8'));
    if (status !== 0 && counts.failed === 0) {
      process.stdout.write(
        `vitest ended with ${signal ?? `exit code ${status}`} (see above): counted as one failure\n`,
      );
      counts.failed = 1;
    }
    return counts.failed > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
