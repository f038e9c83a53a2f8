import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../errors/pgdba-error.ts';
import type { MemberServer } from './layout.ts';

/**
 * The system identifier of a data directory, running or not: the first eight bytes of `global/pg_control`, in the
 * byte order of the machine (ControlFileData.system_identifier, unchanged from PostgreSQL 8 to 18). Null without one.
 */
export async function controlFileIdentity({ data }: MemberServer): Promise<string | null> {
  try {
    const file = await open(join(data, 'global', 'pg_control'), 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
      if (bytesRead < 8) return null;
      const big = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;
      return String(big ? buffer.readBigUInt64BE() : buffer.readBigUInt64LE());
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT' || systemCode(thrown) === 'ENOTDIR') return null;
    throw thrown;
  }
}
