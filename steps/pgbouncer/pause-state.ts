import { type Look, PgdbaError, type PoolerLook } from '../../src/step/index.ts';

/** `unclear`: nobody can tell, for no client asks it for anything. */
export type PauseState = 'paused' | 'flowing' | 'unclear';

/** PgBouncer opens a connection for a waiting client at once, or with its next maintenance, every 333 ms. */
const sureMs = 500;
const patienceMs = 800;

/**
 * Does this pooler hold its clients back? Newer ones say so (SHOW STATE). PgBouncer 1.18 does not show a PAUSE of the
 * whole pooler: it is seen by what it does. Paused, it has no connection to any server and opens none although a
 * client waits. When no client waits, one of ours does. For a moment that can be so without a PAUSE too, so its log
 * must name PAUSE as the last order, or the moment must last. Errors: CONNECT_FAILED, AUTH_FAILED.
 */
export async function readPauseState(look: Look, pooler: PoolerLook): Promise<PauseState> {
  const said = await readState(pooler);
  if (said !== null) return said;
  const began = performance.now();
  let heldSince: number | undefined;
  let asked = false;
  let answered = false;
  while (performance.now() - began < patienceMs) {
    const pools = (await pooler.show('POOLS')).filter(({ database }) => database !== 'pgbouncer');
    if (answered || pools.some(hasServer)) return 'flowing';
    if (pools.some(isAwaited)) {
      if (heldSince === undefined && (await lastOrder(look, pooler)) === 'PAUSE') return 'paused';
      heldSince ??= performance.now();
      if (performance.now() - heldSince > sureMs) return 'paused';
    } else if (!asked) {
      asked = true;
      pooler.sql('select 1').then(
        () => {
          answered = true;
        },
        () => undefined,
      );
    }
    await look.sleep(heldSince === undefined ? 2 : 20);
  }
  return 'unclear';
}

/** The last order that holds or frees clients, by the pooler's own log; undefined when the log does not tell. */
async function lastOrder(look: Look, pooler: PoolerLook): Promise<string | undefined> {
  const lines = await look.provider.logs(pooler.name, 100).catch(() => []);
  const orders = lines.flatMap((line) => / (PAUSE|RESUME) command issued/.exec(line)?.[1] ?? []);
  return orders.at(-1);
}

/** Null when this version cannot say. */
async function readState(pooler: PoolerLook): Promise<PauseState | null> {
  const databases = await pooler.show('DATABASES');
  if (databases.some(({ paused }) => Number(paused) === 1)) return 'paused';
  const [version] = await pooler.show('VERSION');
  const [, major, minor] = /(\d+)\.(\d+)/.exec(String(Object.values(version ?? {})[0] ?? '')) ?? [];
  if (Number(major) === 1 && Number(minor) < 19) return null;
  const rows = await pooler.show('STATE').catch((thrown: unknown) => {
    if (thrown instanceof PgdbaError && thrown.code === 'SQL_FAILED') return [];
    throw thrown;
  });
  const held = rows.filter(({ key }) => key === 'paused' || key === 'suspended');
  if (held.length === 0) return null;
  return held.some(({ value }) => value === 'yes') ? 'paused' : 'flowing';
}

function hasServer(pool: Record<string, unknown>): boolean {
  return Object.entries(pool).some(([name, count]) => name.startsWith('sv_') && Number(count) > 0);
}

function isAwaited({ cl_waiting: waiting }: Record<string, unknown>): boolean {
  return Number(waiting) > 0;
}
