import { defineStep, PgdbaError, satisfied, Type } from '../../src/step/index.ts';

export default defineStep({
  id: 'cluster.check-removable',
  version: 1,
  since: '0.1.0',
  summary: 'Refuse to remove what pgdba did not make, what is protected, and what does not carry the mark.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({}),
  result: Type.Object({ id: Type.String() }),

  async check({ cluster, provider }) {
    const known = await cluster();
    const facts = { cluster: known.name };
    if (!known.managed) {
      throw new PgdbaError('CLUSTER_EXTERNAL', { facts, hint: 'remove it with the tools that made it' });
    }
    if (known.protected) {
      throw new PgdbaError('CLUSTER_PROTECTED', { facts, hint: 'lift the protection first, if it may really go' });
    }
    const { place } = await provider.inspect();
    if (place.state === 'foreign' || (place.state === 'marked' && place.mark !== known.id)) {
      throw new PgdbaError('CLUSTER_NOT_OURS', {
        facts: { ...facts, what: place.directory, mark: place.mark, expected: known.id },
        hint: 'look at that directory: somebody replaced it; move it away, then destroy again',
      });
    }
    return satisfied({ id: known.id });
  },
});
