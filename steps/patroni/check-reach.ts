import { defineStep, describe, PgdbaError, satisfied, Type } from '../../src/step/index.ts';

export default defineStep({
  id: 'patroni.check-reach',
  version: 1,
  since: '0.2.0',
  summary: "Prove that every member reaches every other member's Patroni and PostgreSQL, and that pgdba does.",
  effect: 'none',
  risk: 'read-only',
  params: Type.Object({}),
  result: Type.Object({ paths: Type.Integer({ description: 'How many ways were tried.' }) }),

  async check(look) {
    const { members } = await look.cluster();
    const doors = members.flatMap(({ name, host, port, rest_port }) => [
      { name, what: 'Patroni', host, port: rest_port },
      { name, what: 'PostgreSQL', host, port },
    ]);
    const tried = await Promise.all(
      doors.map(async (door) => {
        const others = members.filter(({ name }) => name !== door.name);
        const answers = await Promise.all(others.map(({ name }) => look.provider.reaches(name, door)));
        return { door, others: others.map(({ name }) => name), answers };
      }),
    );
    const rest = await Promise.all(
      (await look.members()).map(async (member) => {
        const problem = await member.patroni().then(() => null, describe);
        return { name: member.name, problem };
      }),
    );
    // Whom nobody reaches, pgdba neither: that is one problem.
    const silent = new Set(rest.flatMap(({ name, problem }) => (problem === null ? [] : [name])));
    const doubled = ({ door, answers }: (typeof tried)[number]) =>
      door.what === 'Patroni' && silent.has(door.name) && answers.every((why) => why !== null);
    const problems = [
      ...rest.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: ${problem}`])),
      ...tried.flatMap((one) => (doubled(one) ? [] : closedPaths(one.door, one.others, one.answers))),
    ];
    if (problems.length === 0) {
      return satisfied({ paths: rest.length + tried.reduce((sum, { answers }) => sum + answers.length, 0) });
    }
    throw new PgdbaError('MEMBERS_APART', {
      facts: { problems },
      hint: `start what is down: pgdba cluster start --name ${look.target.name}; if all run, look at firewalls and names`,
    });
  },
});

interface Door {
  readonly name: string;
  readonly what: string;
  readonly host: string;
  readonly port: number;
}

/** A door that nobody reaches is one problem, not one per member. */
function closedPaths(door: Door, others: readonly string[], answers: readonly (string | null)[]): string[] {
  const where = `${door.what} of ${door.name} (${door.host}:${door.port})`;
  const closed = others.flatMap((name, index) => {
    const why = answers[index] ?? null;
    return why === null ? [] : [{ name, why }];
  });
  if (closed.length > 1 && closed.length === others.length) {
    return [`no member reaches ${where}: ${closed[0]?.why}`];
  }
  return closed.map(({ name, why }) => `${name} does not reach ${where}: ${why}`);
}
