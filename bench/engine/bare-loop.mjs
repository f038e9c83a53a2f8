// What a run cannot do without: the same programs started in the same way, the same bytes written in as many writes, and a
// sync after each record that pgdba syncs. Prints the milliseconds it took.
// argv: the journal to write again, the file to write, `exec` when each task starts /bin/true.
import { spawn } from 'node:child_process';
import { fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';

const [journal, output, kind] = process.argv.slice(2);
/** The only records of such runs that pgdba does not sync. */
const unsynced = new Set(['task.checked']);
const lines = readFileSync(journal, 'utf8').trimEnd().split('\n');
const records = lines.map((line) => ({ bytes: Buffer.from(`${line}\n`), type: JSON.parse(line).type }));
const file = openSync(output, 'a');

const started = performance.now();
for (const { bytes, type } of records) {
  writeSync(file, bytes);
  if (!unsynced.has(type)) fdatasyncSync(file);
  if (kind === 'exec' && type === 'task.intent') await runTrue();
}
process.stdout.write(String(performance.now() - started));

function runTrue() {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/true', [], { cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.resume();
    child.once('error', reject);
    child.once('close', resolve);
  });
}
