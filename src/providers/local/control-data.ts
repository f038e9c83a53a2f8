import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { PgdbaError } from '../../errors/pgdba-error.ts';
import type { Cluster } from '../../inventory/cluster.ts';
import type { ControlData } from '../provider.ts';
import { serverAccount } from './account.ts';
import { runOnServer } from './exec.ts';
import type { MemberServer } from './layout.ts';

const timeoutMs = 30_000;

/** Reads `pg_controldata` (its words are the same from PostgreSQL 10 to 18). Null when there is no data directory. */
export async function controlData(cluster: Cluster, server: MemberServer): Promise<ControlData | null> {
  const found = await lstat(join(server.data, 'global', 'pg_control')).catch(() => undefined);
  if (!found) return null;
  const argv = ['pg_controldata', '-D', server.data];
  const options = { as: 'server', signal: AbortSignal.timeout(timeoutMs), timeoutMs } as const;
  const { exit, stdout, stderr } = await runOnServer(cluster, server, await serverAccount(), argv, options);
  const said = new Map(stdout.split('\n').flatMap((line) => splitLine(line)));
  const systemIdentifier = said.get('Database system identifier');
  if (exit !== 0 || systemIdentifier === undefined) {
    throw new PgdbaError('COMMAND_FAILED', {
      facts: { program: 'pg_controldata', exit, problem: stderr.trim().slice(0, 200), directory: server.data },
      hint: 'the control file of that data directory is damaged: restore the member from another one',
    });
  }
  return {
    system_identifier: systemIdentifier,
    state: said.get('Database cluster state') ?? '',
    timeline: Number(said.get("Latest checkpoint's TimeLineID") ?? 0),
    checkpoint_lsn: said.get('Latest checkpoint location') ?? '0/0',
  };
}

function splitLine(line: string): [string, string][] {
  const colon = line.indexOf(':');
  return colon === -1 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
}
