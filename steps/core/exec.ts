import {
  type Act,
  change,
  defineStep,
  kept,
  type Look,
  notDone,
  PgdbaError,
  pending,
  type Runs,
  type Static,
  satisfied,
  Type,
  undone,
  unknown,
} from '../../src/step/index.ts';
import { firstWords, lastWords, readBytes, said } from './said.ts';
import { secretName } from './secret-name.ts';

const argv = (description: string) => Type.Array(Type.String(), { minItems: 1, description });
const output = { stdout: Type.String(), stderr: Type.String() };

const params = Type.Object({
  argv: argv('Program and arguments. There is no shell: no pipes, no variables, no quoting.'),
  member: Type.Optional(Type.Member({ description: 'Runs there, as the account of the server. Default: here.' })),
  env: Type.Optional(
    Type.Record(Type.String(), Type.String(), { description: 'Added to a plain environment. Never a secret.' }),
  ),
  stdin: Type.Optional(Type.String()),
  stdin_secret: Type.Optional(Type.Secret({ description: 'In place of stdin: the only way in for a secret.' })),
  ok_exit: Type.Optional(Type.Array(Type.Integer(), { minItems: 1, description: 'Exits of success [0].' })),
  done_when: Type.Optional(
    Type.Object(
      { argv: argv('Only looks. Exit 0: it is done; 1: it is not; anything else: nobody knows.') },
      { additionalProperties: false, description: 'What proves that it is done. True already: nothing is run.' },
    ),
  ),
});

/**
 * A program is an event that leaves no mark of its own: when pgdba dies while it runs, only `done_when` can tell what
 * came of it; without one the run waits for a decision. A program that ran and failed is a failure for good, for it may
 * have done half; again only when `done_when` says that it is not done, or an operator does.
 */
export default defineStep({
  id: 'exec',
  version: 1,
  since: '0.2.0',
  summary: 'Run a program, here or on a member.',
  effect: 'once',
  // pgdba cannot know what it does: never without consent, and not for callers who may only do what is safe.
  risk: 'disruptive',
  params,
  result: Type.Object({
    exit: Type.Union([Type.Integer(), Type.Null()], { description: 'Null: `done_when` proved it, nobody heard it.' }),
    ...output,
  }),
  memo: Type.Object({}),
  receipt: Type.Object({ started: Type.Boolean(), exit: Type.Integer(), ...output }),
  settle: { every: '500ms', within: '10s' },
  examples: [
    { title: 'Here', with: { argv: ['/usr/local/bin/purge-cdn', '--all'] } },
    {
      title: 'On a member, provable',
      with: { argv: ['touch', 'warm'], member: 'n1', done_when: { argv: ['test', '-e', 'warm'] } },
    },
  ],

  async check(look) {
    refuseMisfits(look.params);
    const state = await proofOf(look);
    if (state.is === 'done') return satisfied(unheard);
    if (state.is === 'unknown') return unknown(state.why);
    const { member, argv: command } = look.params;
    return change(`run ${firstWords(command.join(' '), 120)}${member === undefined ? '' : ` on ${member}`}`, {});
  },

  async apply(act) {
    const { argv: command, env, stdin, stdin_secret: secret } = act.params;
    const place: Runs = act.params.member === undefined ? act.host : await act.member(act.params.member);
    const input = secret?.reveal() ?? stdin;
    const { started, exit, stdout, stderr, cut } = await place.run(command, {
      maxOutput: readBytes,
      ...(env === undefined ? {} : { env }),
      ...(input === undefined ? {} : { stdin: input }),
    });
    return { started, exit, stdout: said(act, stdout, cut), stderr: said(act, stderr, cut) };
  },

  async verify(look, _memo, receipt) {
    if (receipt?.started === false) return notDone(receipt.stderr);
    const state = await proofOf(look);
    const heard = receipt && { exit: receipt.exit, stdout: receipt.stdout, stderr: receipt.stderr };
    const succeeded = heard && (look.params.ok_exit ?? [0]).includes(heard.exit);
    if (state.is === 'done') return satisfied(heard ?? unheard);
    if (state.is === 'unknown') return unknown(state.why);
    if (heard && succeeded) return state.is === 'silent' ? satisfied(heard) : pending('done_when does not hold yet');
    if (state.is === 'not-done') return notDone(heard ? failureOf(look, heard).message : 'done_when does not hold');
    if (heard) throw failureOf(look, heard);
    return unknown('nobody heard how the program ended, and the task has no `done_when`');
  },

  async rollback(_act, _memo, receipt) {
    if (receipt?.started === false) return undone;
    return kept('a program that ran cannot be taken back: give the task a `rollback: {uses, with}` of its own');
  },
});

const unheard = { exit: null, stdout: '', stderr: '' };

type Params = Static<typeof params>;
type State = { readonly is: 'done' | 'not-done' | 'silent' } | { readonly is: 'unknown'; readonly why: string };

/** What `done_when` says; silent without one. */
async function proofOf(look: Look<Params> | Act<Params>): Promise<State> {
  const { done_when: proof, member, env } = look.params;
  if (proof === undefined) return { is: 'silent' };
  const place = member === undefined ? look.host : await look.member(member);
  const { exit, stderr } = await place.ask(proof.argv, { maxOutput: readBytes, ...(env === undefined ? {} : { env }) });
  if (exit === 0) return { is: 'done' };
  if (exit === 1) return { is: 'not-done' };
  return { is: 'unknown', why: `done_when ended with ${exit}: ${lastWords(look.masked(stderr))}` };
}

function failureOf(look: Look<Params>, { exit, stdout, stderr }: { exit: number; stdout: string; stderr: string }) {
  const [program = ''] = look.params.argv;
  const { task } = look.run;
  return new PgdbaError('COMMAND_FAILED', {
    facts: { program, exit, problem: lastWords(stderr) || lastWords(stdout) || 'it said nothing', task },
    hint: 'put right what it says',
  });
}

function refuseMisfits({ argv: command, env = {}, stdin, stdin_secret: secret, member }: Params): void {
  const [program = ''] = command;
  const hidden = Object.keys(env).find((name) => secretName(name));
  const problem =
    (hidden && `env.${hidden} would show a secret to everybody on that host`) ||
    (stdin !== undefined && secret !== undefined && 'stdin and stdin_secret exclude each other') ||
    (Object.keys(env).some((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) && 'env has a name that is none') ||
    (member !== undefined && program.includes('=') && 'a program on a member may not have = in its name');
  if (!problem) return;
  throw new PgdbaError('PARAMS_INVALID', {
    facts: { step: 'exec@1', problem },
    hint: hidden ? 'give it on stdin with stdin_secret, or let the program read a 0600 file' : '',
  });
}
