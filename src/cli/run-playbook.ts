import { resolve } from 'node:path';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Input } from '../playbook/input.ts';
import { checkRun } from './check-run.ts';
import { driveRun } from './drive-run.ts';
import { givenInputs } from './input-options.ts';
import type { Invocation, Outcome } from './invocation.ts';
import type { RunRequest } from './services.ts';
import { targetOf } from './target.ts';

/** Runs a playbook with the inputs that were given as options or by --set; null: the one of the saved plan. */
export function runPlaybook(
  invocation: Invocation,
  playbook: string | null,
  inputs: readonly Input[],
): Promise<Outcome> {
  const { globals, services, retry, io } = invocation;
  const set = givenInputs(invocation.command, inputs);
  refuseContradictions(
    invocation,
    [...set.values()].map(({ origin }) => origin),
  );
  const file = (path: string | null) => (path === null ? null : resolve(io.cwd, path));
  const request: RunRequest = {
    playbook,
    plan: file(globals.plan),
    set,
    target: targetOf(invocation),
    yes: globals.yes,
    confirm: globals.confirm,
    reason: globals.reason,
    waitMs: globals.waitMs,
    journal: globals.journal,
    overrides: new Map(globals.override.map((id) => [id, globals.reason ?? ''])),
    retry,
  };
  const out = file(globals.out);
  if (globals.check) return checkRun(invocation, (io) => services.plan({ ...request, out }, io));
  return driveRun(invocation, (io) => services.run(request, io));
}

/** A saved plan is carried out as it is; and only a look makes one. Errors: USAGE. */
function refuseContradictions({ globals }: Invocation, inputs: readonly string[]): void {
  if (globals.out !== null && !globals.check) {
    throw new PgdbaError('USAGE', {
      facts: { problem: '--out saves the plan that --check makes' },
      hint: 'add --check, which changes nothing',
    });
  }
  if (globals.plan === null) return;
  const others = [
    ...inputs,
    ...globals.override.map((id) => `--override ${id}`),
    ...(globals.provider === null ? [] : ['--provider']),
    ...(globals.patroniUrl === null ? [] : ['--patroni-url']),
  ];
  if (others.length === 0) return;
  throw new PgdbaError('USAGE', {
    facts: { problem: `--plan is carried out as it was saved, without ${others.join(', ')}` },
    hint: 'leave that out, or make a new plan with it: --check --out FILE',
  });
}
