import { defineStep, satisfied, Type } from '../../src/step/index.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

export default defineStep({
  id: 'cluster.read-status',
  version: 1,
  since: '0.1.0',
  summary: 'Read the topology from every member, by Patroni and by SQL, and judge whether the cluster is healthy.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({}),
  result: Type.Object({
    cluster_name: Type.String(),
    primary: nullable(Type.String()),
    replica_count: Type.Integer({ description: 'Members other than the primary that answer.' }),
    healthy: Type.Boolean(),
    reasons: Type.Array(Type.String(), { description: 'Why it is not healthy.' }),
    paused: Type.Boolean(),
    members: Type.Array(
      Type.Object({
        name: Type.String(),
        role: Type.String({ description: "Patroni's word: leader, replica, sync_standby, …" }),
        state: Type.String({ description: "Patroni's word: running, streaming, stopped, …" }),
        host: Type.String(),
        port: Type.Integer(),
        timeline: nullable(Type.Integer()),
        lag: nullable(Type.Integer({ description: 'Bytes; 0 for the leader; null when unknown.' })),
      }),
    ),
  }),

  async check(look) {
    const { primary, healthy, reasons, paused, members } = await look.topology();
    const standbys = members.filter((member) => member.name !== primary && member.accepts_writes === false);
    return satisfied({
      cluster_name: look.target.name,
      primary,
      replica_count: standbys.length,
      healthy,
      reasons: [...reasons],
      paused,
      members: members.map(({ name, role, state, host, port, timeline, lag }) => ({
        name,
        role,
        state,
        host,
        port,
        timeline,
        lag,
      })),
    });
  },
});
