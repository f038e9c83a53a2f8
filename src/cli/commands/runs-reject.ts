import { PgdbaError } from '../../errors/pgdba-error.ts';
import { answerApproval, approvalArguments } from '../answer-approval.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: approvalArguments,
  examples: ['pgdba runs reject last --reason "not during the sale"'],
  async run(invocation) {
    if (invocation.globals.reason === null) {
      throw new PgdbaError('USAGE', {
        facts: { problem: 'a rejection needs a reason' },
        hint: `${invocation.retry} --reason "…"`,
      });
    }
    return answerApproval(invocation, false);
  },
};
export default command;
