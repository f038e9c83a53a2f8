import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { localProvider } from '../../src/providers/local/index.ts';
import type { EngineLab } from './engine-lab.ts';
import { FakePooler } from './fake-pooler.ts';
import { unreachableCluster } from './unreachable-cluster.ts';

/** The cluster that runs of the lab are about. */
export const labCluster = 'demo';

/** Registers it, with one pooler whose clients wait while the world has a file `paused`: a guard can let them go. */
export async function registerLabCluster(lab: EngineLab): Promise<FakePooler> {
  const pooler = await FakePooler.listen(join(lab.world, 'paused'));
  const { port } = pooler;
  lab.put('secret', 'anything');
  chmodSync(join(lab.world, 'secret'), 0o600);
  const secret = `file:${join(lab.world, 'secret')}`;
  const cluster = {
    ...unreachableCluster(labCluster, ''),
    system_identifier: null,
    directory: join(lab.home, 'clusters', labCluster),
    members: [{ name: 'n1', host: '127.0.0.1', port, rest_port: 1 }],
    services: [{ name: 'pooler', kind: 'pgbouncer' as const, host: '127.0.0.1', port, peer_port: null }],
    secrets: { superuser: secret, console: secret },
  };
  await lab.parts.inventory.register(cluster);
  const target = await localProvider({ home: lab.home }).poolerTargetFile(cluster, 'pooler');
  mkdirSync(dirname(target.path), { recursive: true });
  return pooler;
}
