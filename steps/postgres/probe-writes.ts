import { type Act, defineProbe, Type } from '../../src/step/index.ts';
import { insertProbe, probePlace, probeTable, readProbes } from './probe-table.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

const params = Type.Object({
  ...probePlace,
  every: Type.Optional(Type.Duration({ description: 'Pause between two writes [10ms].' })),
});

export default defineProbe({
  id: 'postgres.probe-writes',
  version: 1,
  since: '0.2.0',
  summary: 'Write small rows through every pooler, and measure how long writes stood still and what was lost.',
  writes: true,
  params,
  result: Type.Object({
    acknowledged: Type.Integer(),
    failed: Type.Integer({ description: 'Writes that ended with an error.' }),
    lost: nullable(
      Type.Integer({
        description: 'Acknowledged rows that the primary does not have; null when nobody could be asked.',
      }),
    ),
    longest_gap_ms: Type.Integer({ description: 'Longest time without any acknowledgement.' }),
    p50_ms: nullable(Type.Integer({ description: 'Median time of one write.' })),
  }),

  async run(act, ready, until) {
    const { database = 'app', every = 10 } = act.params;
    const poolers = await act.poolers();
    const doors = poolers.length > 0 ? poolers : [await act.primary()];
    const mark = `${act.run.id}/${act.run.task}`;
    const seen = new Acknowledgements();
    let next = 0;
    const writers = doors.map(async (door) => {
      while (!until.aborted) {
        const id = next;
        next += 1;
        const began = performance.now();
        await door.execute(insertProbe, [mark, id], database).then(
          () => {
            seen.acknowledge(id, began);
            ready();
          },
          () => seen.fail(),
        );
        await act.sleep(every);
      }
    });
    await Promise.all(writers);
    return { ...seen.summary(), lost: await countLost(act, mark, seen.ids, database) };
  },
});

class Acknowledgements {
  readonly ids: number[] = [];
  readonly #times: number[] = [];
  #failed = 0;
  #last: number | undefined;
  #longestGap = 0;

  acknowledge(id: number, began: number): void {
    const now = performance.now();
    this.#longestGap = Math.max(this.#longestGap, now - (this.#last ?? now));
    this.#last = now;
    this.ids.push(id);
    this.#times.push(now - began);
  }

  fail(): void {
    this.#failed += 1;
  }

  summary() {
    const sorted = this.#times.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    const sinceLast = this.#last === undefined ? 0 : performance.now() - this.#last;
    return {
      acknowledged: this.ids.length,
      failed: this.#failed,
      longest_gap_ms: Math.round(Math.max(this.#longestGap, sinceLast)),
      p50_ms: median === undefined ? null : Math.round(median),
    };
  }
}

/** Reads back what was acknowledged, then takes the rows away: they were ours alone. */
async function countLost(act: Act, mark: string, ids: readonly number[], database: string): Promise<number | null> {
  try {
    const found = await readProbes(act, mark, database);
    const primary = await act.primary();
    await primary.execute(`delete from ${probeTable} where run = $1`, [mark], database);
    return ids.filter((id) => !found.has(id)).length;
  } catch {
    return null;
  }
}
