import type { Command } from 'commander';
import { approveRun } from '../engine/approve-run.ts';
import { actorOf } from '../inventory/actor.ts';
import { givenInputs } from './input-options.ts';
import type { Invocation, Outcome } from './invocation.ts';
import { refuseCheck } from './refuse-check.ts';

/** The arguments that approving and rejecting share. */
export function approvalArguments(cli: Command): void {
  cli.argument('<run>', 'id or any unique part of it, `last`, or `last:CLUSTER`');
  cli.option('--task <task>', 'which question, when the run waits in more than one task');
  cli.option('--reason <text>', 'why, for the journal');
}

/** Writes the answer to the question a run waits with. Errors: those of approveRun. */
export async function answerApproval(invocation: Invocation, approved: boolean): Promise<Outcome> {
  refuseCheck(invocation, `pgdba runs show ${invocation.operands[0] ?? 'last'}`);
  const { services, operands, options, globals, io, printer, command } = invocation;
  const store = await services.store();
  const run = await store.resolve(operands[0] ?? 'last');
  const given = await approveRun(
    { store, actor: actorOf(io.env) },
    {
      run,
      task: textOf(options['task']),
      approved,
      reason: globals.reason,
      form: approved ? givenInputs(command, []) : new Map(),
      plan: textOf(options['plan']),
    },
  );
  const next = `pgdba runs resume ${run}`;
  if (!globals.quiet) printer.note(`${approved ? 'approved' : 'rejected'}; go on with: ${next}\n`);
  return { data: { ...given, reason: globals.reason, next } };
}

function textOf(option: unknown): string | null {
  return typeof option === 'string' ? option : null;
}
