import type { CommandVerb } from './verb.ts';

/** The verbs that are no playbook: they touch pgdba's own files only, drive an existing run, or look at this host. */
export const plainCommands: readonly CommandVerb[] = [
  { kind: 'command', verb: 'cluster dsn', summary: 'Print how to connect to a cluster, without a password.' },
  { kind: 'command', verb: 'cluster list', summary: 'List the known clusters.' },
  { kind: 'command', verb: 'doctor', summary: 'Tell what this host lacks, and which verbs need it.' },
  { kind: 'command', verb: 'playbook list', summary: 'List the shipped playbooks and their verbs.' },
  { kind: 'command', verb: 'playbook show', summary: 'Show one playbook: inputs, tasks, text.' },
  { kind: 'command', verb: 'playbook validate', summary: 'Check a playbook file without running it.' },
  { kind: 'command', verb: 'run', summary: 'Run a playbook, by file or by name.' },
  { kind: 'command', verb: 'runs list', summary: 'List the runs of this home, newest first.' },
  { kind: 'command', verb: 'runs resume', summary: 'Drive an interrupted run to its end.' },
  { kind: 'command', verb: 'runs show', summary: 'Show one run: tasks, errors, outputs, rollback.' },
  { kind: 'command', verb: 'runs verify', summary: "Prove that a run's journal is whole and unchanged." },
  { kind: 'command', verb: 'step list', summary: 'List the steps that playbooks may use.' },
  { kind: 'command', verb: 'step show', summary: 'Show one step: parameters, result, examples.' },
];
