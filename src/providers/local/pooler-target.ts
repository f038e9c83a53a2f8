import { readFile } from 'node:fs/promises';
import { systemCode } from '../../errors/pgdba-error.ts';
import { formatPoolerTarget, parsePoolerTarget } from '../../formats/pooler-target.ts';
import type { Address, OwnedFile } from '../provider.ts';
import { serverAccount } from './account.ts';
import type { ServiceServer } from './layout.ts';
import { writeOwnedSoon } from './owned-files.ts';

/** The file that Patroni's callback, a switchover and the guard replace by rename. */
export async function poolerTargetFile({ target }: ServiceServer): Promise<OwnedFile> {
  const { uid, gid } = await serverAccount();
  return { path: target, uid, gid };
}

export async function readPoolerTarget({ target }: ServiceServer): Promise<Address | null> {
  const text = await readFile(target, 'utf8').catch((thrown: unknown) => {
    if (systemCode(thrown) === 'ENOENT') return '';
    throw thrown;
  });
  return parsePoolerTarget(text);
}

export async function pointPooler({ target }: ServiceServer, address: Address): Promise<void> {
  // A start's callback writes it again, and clients are held at this moment: a sync takes 200 ms on a busy disk.
  await writeOwnedSoon(target, formatPoolerTarget(address), await serverAccount());
}
