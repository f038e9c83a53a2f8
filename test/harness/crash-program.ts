/** The process that is killed: `HOME VARIANT [RUN]` starts the crash playbook in this home, or resumes that run. */
import { openCrashLab, runCrashPlaybook } from './crash-lab.ts';
import { crashVariants } from './crash-playbook.ts';

const [home = '', name, run] = process.argv.slice(2);
const variant = crashVariants.find((candidate) => candidate.name === name);
if (!variant) throw new Error(`there is no variant "${name}"`);
const lab = openCrashLab(home);
const report = run ? await lab.resume(run) : await runCrashPlaybook(lab, variant);
process.stdout.write(`${report.status}\n`);
