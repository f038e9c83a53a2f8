import { listApprovals } from '../../engine/open-approvals.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  examples: ['pgdba runs approvals --format table', 'pgdba runs approvals --cluster demo'],
  async run({ services, globals }) {
    const store = await services.store();
    const { waiting, unreadable } = await listApprovals(store, globals.name === null ? {} : { cluster: globals.name });
    const approvals = waiting.map(({ run, task, item, playbook, cluster, question, form, ...asked }) => ({
      run,
      playbook,
      cluster,
      task: item === null ? task : `${task}[${item}]`,
      question,
      requested_by: asked.requested_by,
      expires: asked.expires_at,
      plan: globals.format === 'table' ? asked.plan.slice(0, shortHash) : asked.plan,
      form: Object.keys(Object(form)),
    }));
    return { data: { approvals, ...(unreadable.length > 0 ? { unreadable } : {}) } };
  },
};
export default command;

/** Enough to compare by eye, and for --plan. */
const shortHash = 12;
