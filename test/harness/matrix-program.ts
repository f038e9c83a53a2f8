/** A process that may be killed: `HOME [RUN]` runs the playbook in `HOME/order.json`, or resumes that run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asPgdbaError } from '../../src/errors/pgdba-error.ts';
import { labCluster } from './lab-cluster.ts';
import { openMatrixLab } from './matrix-lab.ts';

const [home = '', run] = process.argv.slice(2);
const { body, child } = JSON.parse(readFileSync(join(home, 'order.json'), 'utf8'));
const lab = openMatrixLab(home, child);
const answer = await (run ? lab.resume(run) : lab.run(body, { cluster: labCluster })).then(
  ({ status }) => status,
  (thrown: unknown) => asPgdbaError(thrown).code,
);
process.stdout.write(`${answer}\n`);
