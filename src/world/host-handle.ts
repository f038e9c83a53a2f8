import { type ProgramOptions, type ProgramResult, plainEnvironment, runProgram } from '../clients/program.ts';
import type { Cluster } from '../inventory/cluster.ts';
import type { ProgramOrder, Runs } from '../step/index.ts';
import type { Surroundings } from './surroundings.ts';

/** pgdba's own host: programs run as the account that pgdba runs as. */
export function hostRuns(signal: AbortSignal, child: ProgramOptions['child']): Runs {
  const run = (argv: readonly string[], { env, ...order }: ProgramOrder) =>
    runProgram(argv, {
      ...order,
      env: { ...plainEnvironment(process.env), ...env },
      signal,
      ...(child === undefined ? {} : { child }),
    });
  return { run, ask: run };
}

/** The longest time that a timer of Node.js can be set to: the task's own timeout ends it long before. */
const longestMs = 2 ** 31 - 1;

/** The same on a member, as the account of its server. */
export async function runOnMember(
  { provider, signal }: Surroundings,
  cluster: Cluster,
  member: string,
  argv: readonly string[],
  { env = {}, ...order }: ProgramOrder,
): Promise<ProgramResult> {
  const entries = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  // An argument list is seen by everybody on that host, so a value here is none that must be hidden.
  const command = entries.length === 0 ? argv : ['env', ...entries, ...argv];
  const said = await provider.exec(cluster, member, command, {
    ...order,
    as: 'server',
    signal,
    timeoutMs: longestMs,
  });
  const [stdout, stderr] = [uncut(said.stdout), uncut(said.stderr)];
  const cut = stdout !== said.stdout || stderr !== said.stderr;
  return { started: true, exit: said.exit, stdout, stderr, cut };
}

/** Without the provider's own remark that it cut the text. */
function uncut(text: string): string {
  return text.replace(/\n\[cut: \d+ more bytes\]$/, '');
}
