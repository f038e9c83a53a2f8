// The peer's program: one DBOS workflow of as many steps that do nothing. Prints {"<steps>": milliseconds, …}.
// argv: folder where the SDK is installed, URL of its database, step counts.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, url, ...counts] = process.argv.slice(2);
const { DBOS } = createRequire(join(folder, 'package.json'))('@dbos-inc/dbos-sdk');

const steps = DBOS.registerWorkflow(
  async (count) => {
    for (let at = 0; at < count; at += 1) await DBOS.runStep(async () => at, { name: `step ${at}` });
  },
  { name: 'steps' },
);

DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, logLevel: 'error', runAdminServer: false });
await DBOS.launch();
await steps(10); // connections, prepared statements, compiled code
const ms = {};
for (const count of counts) {
  const started = performance.now();
  await steps(Number(count));
  ms[count] = performance.now() - started;
}
process.stdout.write(JSON.stringify(ms));
await DBOS.shutdown();
