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
    return { data: { steps } };
  },
};
export default command;
