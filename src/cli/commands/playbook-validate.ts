import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) => cli.argument('<file>', 'playbook file'),
  examples: ['pgdba playbook validate ./my-playbook.yaml'],
  async run({ program, operands: [file = ''] }) {
    const { name, version, risk, tasks, prechecks, inputs, sha256 } = await program.playbook(asFile(file));
    const counts = { inputs: inputs.size, prechecks: prechecks.length, tasks: tasks.length };
    return { data: { valid: true, file, name, version, risk, ...counts, sha256 } };
  },
};
export default command;

/** Here a bare `x` without .yaml is a file too, not the shipped playbook of that name. */
function asFile(file: string): string {
  return file.includes('/') || /\.ya?ml$/.test(file) ? file : `./${file}`;
}
