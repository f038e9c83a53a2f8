import { change, defineStep, kept, satisfied, Type } from '../../src/step/index.ts';

export default defineStep({
  id: 'cluster.forget',
  version: 1,
  since: '0.1.0',
  summary: "Remove a cluster's own directory, once no server of it is left, and its entry in the inventory.",
  effect: 'idempotent',
  risk: 'destructive',
  params: Type.Object({}),
  result: Type.Object({ name: Type.String() }),
  memo: Type.Object({ id: Type.String() }),

  async check({ target, inventory }) {
    const known = await inventory.read(target.name);
    if (!known) return satisfied({ name: target.name });
    return change(`remove ${known.directory} and forget ${known.name}`, { id: known.id });
  },

  async apply({ provider, inventory }, { id }) {
    await provider.removePlace();
    await inventory.forget(id);
  },

  async rollback() {
    return kept('what was removed does not come back');
  },
});
