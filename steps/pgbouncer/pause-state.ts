import { type Look, PgdbaError, type PoolerLook } from '../../src/step/index.ts';

/** `unclear`: nobody can tell, for no client asks it for anything. */
export type PauseState = 'paused' | 'flowing' | 'unclear';

/**
 * Does this pooler hold its clients back? Newer ones say so (SHOW STATE). PgBouncer 1.18 does not show a PAUSE of the
 * whole pooler: it is seen by what it does. Paused, it has no connection to any server and opens none although a
 * client waits. When no client waits, one of ours does. Errors: CONNECT_FAILED, AUTH_FAILED.
 */
export async function readPauseState(look: Look, pooler: PoolerLook): Promise<PauseState> {
  const said = await readState(pooler);
  if (said !== null) return said;
  let asked = false;
  let answered = false;
  let heldBack = 0;
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const pools = (await pooler.show('POOLS')).filter(({ database }) => database !== 'pgbouncer');
    if (answered || pools.some(hasServer)) return 'flowing';
    const awaited = pools.some(isAwaited);
    // Once could be the moment before it opens a connection.
    heldBack = awaited ? heldBack + 1 : 0;
    if (heldBack === 2) return 'paused';
    if (!awaited && !asked) {
      asked = true;
      pooler.sql('select 1').then(
        () => {
          answered = true;
        },
        () => undefined,
      );
    }
    await look.sleep(2);
  }
  return 'unclear';
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
