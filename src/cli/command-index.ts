import type { PlainCommand } from './invocation.ts';

/** Verb → loads its file; nothing of a command is loaded before it is called. `run` is the command line's own. */
export const commandIndex: Readonly<Record<string, () => Promise<{ default: PlainCommand }>>> = {
  'cluster dsn': () => import('./commands/cluster-dsn.ts'),
  'cluster list': () => import('./commands/cluster-list.ts'),
  doctor: () => import('./commands/doctor.ts'),
  'playbook list': () => import('./commands/playbook-list.ts'),
  'playbook show': () => import('./commands/playbook-show.ts'),
  'playbook validate': () => import('./commands/playbook-validate.ts'),
  'runs list': () => import('./commands/runs-list.ts'),
  'runs resume': () => import('./commands/runs-resume.ts'),
  'runs show': () => import('./commands/runs-show.ts'),
  'runs verify': () => import('./commands/runs-verify.ts'),
  'step list': () => import('./commands/step-list.ts'),
  'step show': () => import('./commands/step-show.ts'),
};
