/** Stands for pgdba: holds a guard's pipe until it is killed. The brief on stdin, then `reached` and `done`; says what it hears. */
import { createInterface } from 'node:readline';
import { startGuard } from '../../src/engine/guard-process.ts';
import { PgdbaError } from '../../src/errors/pgdba-error.ts';
import { Redactor } from '../../src/secrets/redactor.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);
const [program = ''] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const brief = JSON.parse(String((await lines.next()).value));
try {
  const guard = await startGuard(brief, { redactor: new Redactor(), program });
  void guard.released.then((release) => say(`released ${JSON.stringify(release)}`));
  say('ready');
  for await (const line of { [Symbol.asyncIterator]: () => lines }) {
    if (line === 'reached') guard.reached();
    if (line === 'done') await guard.done();
    say(line);
  }
} catch (thrown) {
  if (!(thrown instanceof PgdbaError)) throw thrown;
  say(`failed ${JSON.stringify(thrown.toData())}`);
}
