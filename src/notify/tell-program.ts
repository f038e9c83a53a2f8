import { plainEnvironment, runProgram } from '../clients/program.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { Outgoing, Refusal } from './outgoing.ts';

/** Runs a program with the message on its standard input; exit 0 is taken. Throws what aborts `signal`. */
export async function tellProgram(
  argv: readonly string[],
  { id, body }: Outgoing,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<Refusal | null> {
  const { started, exit, stderr } = await runProgram(argv, {
    env: { ...plainEnvironment(process.env), PGDBA_EVENT_ID: id },
    stdin: `${body}\n`,
    maxOutput: 4096,
    signal,
    patienceMs: [500, 500],
  });
  if (started && exit === 0) return null;
  const [program = ''] = argv;
  const said = redactor.redactCut(stderr).trim().slice(-200) || 'it said nothing';
  return { problem: started ? `${program} ended with ${exit}: ${said}` : said, again: started };
}
