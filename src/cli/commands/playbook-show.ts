import type { Task } from '../../playbook/playbook.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) => cli.argument('<playbook>', 'name of a shipped playbook, or a file'),
  examples: ['pgdba playbook show switchover --format yaml'],
  async run({ program, operands: [name = ''] }) {
    const playbook = await program.playbook(name);
    return {
      data: {
        name: playbook.name,
        version: playbook.version,
        summary: playbook.summary,
        risk: playbook.risk,
        target: playbook.target,
        commands: playbook.command,
        timeout_ms: playbook.timeout,
        on_failure: playbook.on_failure,
        inputs: [...playbook.inputs.values()],
        prechecks: playbook.prechecks.map(row),
        tasks: playbook.tasks.map(row),
        finally: playbook.finally.map(row),
        outputs: playbook.outputs.source,
        file: playbook.file,
        sha256: playbook.sha256,
        source: playbook.source,
      },
    };
  },
};
export default command;

function row(task: Task): Record<string, unknown> {
  return {
    id: task.id,
    uses: task.uses,
    when: task.when?.text ?? null,
    for_each: task.for_each?.in.text ?? null,
    pivot: task.pivot,
    line: task.line,
  };
}
