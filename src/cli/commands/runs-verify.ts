import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) => cli.argument('<run>', 'id or any unique part of it, `last`, or `last:CLUSTER`'),
  examples: ['pgdba runs verify last'],
  async run({ services, operands: [run = 'last'] }) {
    const store = await services.store();
    const id = await store.resolve(run);
    const { records, head, torn_bytes } = await store.verify(id);
    return { data: { id, valid: true, records, head, torn_bytes } };
  },
};
export default command;
