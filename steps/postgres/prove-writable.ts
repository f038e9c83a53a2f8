import { change, defineStep, kept, notDone, satisfied, Type } from '../../src/step/index.ts';
import { insertProbe, probePlace, readProbes } from './probe-table.ts';
import { standingOf } from './standing.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

export default defineStep({
  id: 'postgres.prove-writable',
  version: 1,
  since: '0.2.0',
  summary: 'Write one row through every service endpoint, as an application would, and find it on the primary.',
  effect: 'once',
  risk: 'safe',
  params: Type.Object(probePlace),
  result: Type.Object({
    primary: Type.String(),
    timeline: nullable(Type.Integer()),
    endpoints: Type.Array(Type.String(), { description: 'Poolers; the primary itself where there is none.' }),
  }),
  memo: Type.Object({ mark: Type.String(), endpoints: Type.Array(Type.String()) }),
  receipt: Type.Object({}),

  async check(look) {
    const poolers = (await look.poolers()).map(({ name }) => name);
    const endpoints = poolers.length > 0 ? poolers : ['primary'];
    const mark = `${look.run.id}/${look.run.task}/${look.run.attempt}`;
    return change(`write one row through ${endpoints.join(', ')}`, { mark, endpoints });
  },

  async apply(act, memo) {
    const { database = 'app' } = act.params;
    const poolers = (await act.poolers()).filter(({ name }) => memo.endpoints.includes(name));
    const doors = poolers.length > 0 ? poolers : [await act.primary()];
    await Promise.all(doors.map((door, index) => door.execute(insertProbe, [memo.mark, index], database)));
    return {};
  },

  // The mark is the row.
  async verify(look, memo) {
    const { database = 'app' } = look.params;
    const found = await readProbes(look, memo.mark, database);
    if (found.size < memo.endpoints.length) {
      return notDone(`${found.size} of ${memo.endpoints.length} rows with the mark ${memo.mark} are on the primary`);
    }
    const primary = await look.primary();
    const { timeline } = await standingOf(primary);
    return satisfied({ primary: primary.name, timeline, endpoints: memo.endpoints });
  },

  async rollback() {
    return kept('one small row in pgdba.probe harms nobody');
  },
});
