import { approve, approveUses } from '../../playbook/approve.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  examples: ['pgdba step list --format table'],
  async run({ program }) {
    const registry = await program.registry();
    const steps = await Promise.all(
      registry.ids().map(async (id) => {
        const { summary, effect, risk, since } = await registry.load(id);
        return { id, effect, risk, since, summary };
      }),
    );
    const { summary, effect, risk, since } = approve;
    const own = { id: approveUses, effect, risk, since, summary };
    return { data: { steps: [...steps, own].sort((a, b) => (a.id < b.id ? -1 : 1)) } };
  },
};
export default command;
