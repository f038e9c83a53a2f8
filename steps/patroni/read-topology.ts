import { defineStep, PgdbaError, satisfied, Type } from '../../src/step/index.ts';
import { standingOf } from '../postgres/standing.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const names = (description: string) => Type.Array(Type.String(), { description });

export default defineStep({
  id: 'patroni.read-topology',
  version: 1,
  since: '0.2.0',
  summary: 'Ask every member by Patroni and by SQL who leads, on which timeline, and what Patroni has in mind to do.',
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({}),
  result: Type.Object({
    primary: Type.String(),
    timeline: nullable(Type.Integer()),
    standbys: names('Every other member.'),
    paused: Type.Boolean({ description: "Patroni's management is paused." }),
    healthy: Type.Boolean(),
    reasons: names('Why it is not healthy.'),
    unreachable: names('Members whose Patroni or PostgreSQL does not answer.'),
    scheduled_switchover: nullable(Type.String({ description: 'From whom to whom and when.' })),
    scheduled_restarts: names('Members that Patroni will restart at a set time.'),
    pending_restarts: names('Members with settings that wait for a restart.'),
    members: Type.Array(
      Type.Object({
        name: Type.String(),
        role: Type.String(),
        state: Type.String(),
        host: Type.String(),
        port: Type.Integer(),
        timeline: nullable(Type.Integer()),
        lag: nullable(Type.Integer({ description: 'Bytes; null when unknown.' })),
        streaming: nullable(Type.Boolean()),
      }),
    ),
  }),

  async check(look) {
    const [primary, topology] = await Promise.all([look.primary(), look.topology()]);
    const { leader, members } = topology;
    // Between a promotion and the next look at the DCS the two differ for a moment; nobody should act in that moment.
    if (leader !== null && leader !== primary.name) {
      throw new PgdbaError('LEADER_DISPUTED', {
        facts: { leader, primary: primary.name },
        hint: `look again in a few seconds: pgdba cluster status --name ${look.target.name}`,
      });
    }
    const named = (wanted: (member: (typeof members)[number]) => boolean) =>
      members.filter(wanted).map(({ name }) => name);
    return satisfied({
      primary: primary.name,
      timeline: (await standingOf(primary)).timeline,
      standbys: named(({ name }) => name !== primary.name),
      paused: topology.paused,
      healthy: topology.healthy,
      reasons: [...topology.reasons],
      unreachable: named(({ problem }) => problem !== null),
      scheduled_switchover: topology.scheduled_switchover,
      scheduled_restarts: named(({ scheduled_restart }) => scheduled_restart !== null),
      pending_restarts: named(({ pending_restart }) => pending_restart),
      members: members.map(({ name, role, state, host, port, timeline, lag, streaming }) => ({
        name,
        role,
        state,
        host,
        port,
        timeline,
        lag,
        streaming,
      })),
    });
  },
});
