import { defineStep, type Look, satisfied, Type } from '../../src/step/index.ts';

const named = Type.Object({ name: Type.String() });

export default defineStep({
  id: 'cluster.inspect',
  version: 1,
  since: '0.1.0',
  summary: 'See which servers of a cluster exist and run, and in which order they are stopped and started.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({}),
  result: Type.Object({
    directory: Type.String(),
    running: Type.Integer({ description: 'How many servers run.' }),
    members: Type.Array(Type.Object({ name: Type.String(), running: Type.Boolean(), primary: Type.Boolean() }), {
      description: 'Standbys first, the primary last: the order in which they are stopped.',
    }),
    services: Type.Array(Type.Object({ name: Type.String(), kind: Type.String(), running: Type.Boolean() })),
    poolers: Type.Array(named),
    dcs: Type.Array(named),
  }),

  async check(look) {
    const { place, servers } = await look.provider.inspect();
    const primary = await primaryName(look);
    const runs = (name: string) => servers.some((server) => server.name === name && server.running);
    const { members, services } = await look.cluster();
    const ordered = [
      ...members.filter((member) => member.name !== primary),
      ...members.filter((member) => member.name === primary),
    ];
    return satisfied({
      directory: place.directory,
      running: servers.filter((server) => server.running).length,
      members: ordered.map(({ name }) => ({ name, running: runs(name), primary: name === primary })),
      services: services.map(({ name, kind }) => ({ name, kind, running: runs(name) })),
      poolers: services.filter(({ kind }) => kind === 'pgbouncer').map(({ name }) => ({ name })),
      dcs: services.filter(({ kind }) => kind === 'etcd').map(({ name }) => ({ name })),
    });
  },
});

/** A cluster that is down, or half of it, has no primary to be careful with. */
async function primaryName(look: Look): Promise<string | null> {
  try {
    return (await look.primary()).name;
  } catch {
    return null;
  }
}
