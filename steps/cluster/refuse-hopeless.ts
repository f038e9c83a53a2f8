import { type Look, PgdbaError } from '../../src/step/index.ts';

/** Below this PostgreSQL cannot even write one WAL segment. */
const leastFreeBytes = 32 * 1024 * 1024;

/**
 * What no waiting mends: a full disk, or a member that has ended by itself. `all`: one dead member is enough; otherwise
 * only when none of them runs any more. Errors: DISK_FULL, SERVER_START_FAILED.
 */
export async function refuseHopeless(look: Look, { all }: { all: boolean }): Promise<void> {
  const { place, servers } = await look.provider.inspect();
  const members = servers.filter(({ kind, made }) => kind === 'member' && made);
  const [first] = members;
  if (!first) return;
  const { disk_free_bytes: free } = await look.provider.facts(first.name);
  if (free < leastFreeBytes) {
    throw new PgdbaError('DISK_FULL', {
      facts: { path: place.directory, free_bytes: free },
      hint: 'free some space on that disk, then run the same command again',
    });
  }
  const dead = members.filter(({ running }) => !running);
  const [victim] = dead;
  if (!victim || (!all && dead.length < members.length)) return;
  const log = await look.provider.logs(victim.name, 15);
  throw new PgdbaError('SERVER_START_FAILED', {
    facts: { server: victim.name, problem: causeIn(log), log },
    hint: 'mend what its log says, then run the same command again',
  });
}

/** The last line of the log that names an error; a Python traceback ends in one, too. */
function causeIn(log: readonly string[]): string {
  const line = log.findLast((text) => /error|fatal|panic|no space/i.test(text));
  return line === undefined ? 'it ended by itself' : `it ended by itself: ${line.trim().slice(0, 200)}`;
}
