import type { Input } from '../playbook/input.ts';
import { checkRun } from './check-run.ts';
import { driveRun } from './drive-run.ts';
import { givenInputs } from './input-options.ts';
import type { Invocation, Outcome } from './invocation.ts';
import type { RunRequest } from './services.ts';
import { targetOf } from './target.ts';

/** Runs a playbook with the inputs that were given as options or by --set. */
export function runPlaybook(invocation: Invocation, playbook: string, inputs: readonly Input[]): Promise<Outcome> {
  const { globals, services, retry } = invocation;
  const request: RunRequest = {
    playbook,
    set: givenInputs(invocation.command, inputs),
    target: targetOf(invocation),
    yes: globals.yes,
    confirm: globals.confirm,
    reason: globals.reason,
    waitMs: globals.waitMs,
    journal: globals.journal,
    retry,
  };
  if (globals.check) return checkRun(invocation, (io) => services.plan(request, io));
  return driveRun(invocation, (io) => services.run(request, io));
}
