import { asPgdbaError, PgdbaError } from '../errors/pgdba-error.ts';
import type { Json } from '../journal/record.ts';
import { bindParams, validateResult } from '../playbook/params.ts';
import type { ProbeUse } from '../playbook/playbook.ts';
import type { Expression } from '../playbook/template.ts';
import type { AnyProbe } from '../step/define-probe.ts';
import type { DriveContext, Probes } from './drive-context.ts';
import type { RunState } from './run-state.ts';
import { scopeOf } from './scope.ts';

interface Running {
  readonly began: number;
  readonly until: AbortController;
  readonly ended: Promise<{ out: Json; error: ReturnType<typeof asPgdbaError> | null }>;
}

/** The probes of one drive: each begins before its first task and ends after its last. */
export class ProbeKeeper implements Probes {
  readonly #running = new Map<string, Running>();

  async before(drive: DriveContext, task: string): Promise<void> {
    for (const use of drive.playbook.probes) {
      if (this.#running.has(use.id) || isOver(use, drive.state)) continue;
      const ids = drive.playbook.tasks.map(({ id }) => id);
      const [at, from, until] = [task, use.from, use.until].map((id) => ids.indexOf(id));
      if (at === undefined || from === undefined || until === undefined || at < from || at > until) continue;
      await this.#start(drive, use);
    }
  }

  async after(drive: DriveContext, all: boolean): Promise<void> {
    for (const { id, until, must } of drive.playbook.probes) {
      const running = this.#running.get(id);
      if (!running || !(all || isSettled(drive.state, until))) continue;
      this.#running.delete(id);
      running.until.abort();
      const { out, error } = await running.ended;
      const ms = Math.round(performance.now() - running.began);
      // One that ends early, since the run is left or undone, has not seen what it was there for.
      const judged =
        must && isSettled(drive.state, until)
          ? { must: { holds: error === null && holds(drive, id, out, must), text: must.text } }
          : {};
      const data = { out, error: error?.toData() ?? null, ms, ...judged };
      await drive.append({ type: 'probe.result', task: id, data });
    }
  }

  async missed(drive: DriveContext): Promise<void> {
    for (const { id, uses } of drive.playbook.probes) {
      if (drive.state.probes.has(id)) continue;
      const error = new PgdbaError('INTERRUPTED', { facts: { by: 'the end of the process that watched' } }).toData();
      await drive.append({ type: 'probe.result', task: id, data: { out: nothing(drive.probe(uses)), error, ms: 0 } });
    }
  }

  async #start(drive: DriveContext, use: ProbeUse): Promise<void> {
    const probe = drive.probe(use.uses);
    const until = new AbortController();
    let ready: () => void = () => undefined;
    const watching = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const ended = watch(drive, use, probe, ready, until.signal).then(
      (out) => ({ out, error: null }),
      (thrown: unknown) => ({ out: nothing(probe), error: asPgdbaError(thrown) }),
    );
    this.#running.set(use.id, { began: performance.now(), until, ended });
    await Promise.race([watching, ended]);
  }
}

/** Its result is known; one that must see something watches again until it has. */
function isOver({ id, must }: ProbeUse, { probes, judged }: RunState): boolean {
  return probes.has(id) && (must === null || judged.has(id));
}

/** What cannot be evaluated was not seen to hold. */
function holds(drive: DriveContext, id: string, out: Json, must: Expression): boolean {
  const scope = scopeOf(drive.parts.journal.run, drive.state, null);
  try {
    return must.evaluate({ ...scope, probes: { ...asMap(scope['probes']), [id]: { out } } }) === true;
  } catch {
    return false;
  }
}

function asMap(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

async function watch(
  drive: DriveContext,
  use: ProbeUse,
  probe: AnyProbe,
  ready: () => void,
  until: AbortSignal,
): Promise<Json> {
  const { journal, world, target } = drive.parts;
  const scope = scopeOf(journal.run, drive.state, null);
  const params = await bindParams(probe, use.with.render(scope));
  const occasion = {
    target,
    run: { id: journal.run, task: use.id, attempt: 1 },
    params,
    signal: new AbortController().signal,
    log: (message: string) => journal.log({ task: use.id, level: 'info', message }),
    progress: () => undefined,
  };
  const result = await world.lend(occasion, (act) => probe.run(act, ready, until));
  const json: Json = JSON.parse(JSON.stringify(result ?? null));
  await validateResult(probe, 'result', json);
  return json;
}

/** What a probe that broke knows: nothing, under each of its names, so that outputs say null and not fail. */
function nothing(probe: AnyProbe): Json {
  const properties: unknown = probe.result['properties'];
  return Object.fromEntries(Object.keys(properties ?? {}).map((name) => [name, null]));
}

function isSettled(state: RunState, task: string): boolean {
  const items = state.items.get(task);
  const units = [...state.units.values()].filter((unit) => unit.task === task);
  const failed = units.some(({ outcome }) => outcome === 'failed' || outcome === 'unknown');
  const done = units.filter(({ outcome, skipped }) => skipped || outcome === 'ok' || outcome === 'changed');
  return failed || done.length >= (items?.length ?? 1);
}
