import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Invocation } from './invocation.ts';

/** Tasks of a run that its stored playbook does not let be interrupted. */
export async function forbiddenTasks({ services, program }: Invocation, run: string): Promise<ReadonlySet<string>> {
  const [{ loadPlaybook }, { readFrom }] = await Promise.all([
    import('../playbook/load.ts'),
    import('../playbook/read-playbook.ts'),
  ]);
  try {
    const { source, file, children } = await (await services.store()).playbook(run);
    const playbook = await loadPlaybook(source, file, await program.registry(), readFrom(children));
    const tasks = [...playbook.tasks, ...playbook.finally].filter(({ cancel }) => cancel === 'forbidden');
    return new Set(tasks.map(({ id }) => id));
  } catch (thrown) {
    // Its driver may be another version of pgdba; what we cannot read only makes a sentence poorer.
    if (thrown instanceof PgdbaError) return new Set();
    throw thrown;
  }
}
