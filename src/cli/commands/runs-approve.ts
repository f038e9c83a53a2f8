import { answerApproval, approvalArguments } from '../answer-approval.ts';
import { setOption } from '../input-options.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) => {
    approvalArguments(cli);
    cli.addOption(setOption().hideHelp(false));
    cli.option('--plan <hash>', 'approve only what has this hash, or begins with it (8 characters or more)');
  },
  examples: [
    'pgdba runs approve last --reason "checked with the team on call"',
    'pgdba runs approve last --plan 3f9a1c0b77d2 --set window=night',
  ],
  run: (invocation) => answerApproval(invocation, true),
};
export default command;
