import type { Cluster } from '../inventory/cluster.ts';
import type { OwnedFile, Provider } from '../providers/provider.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { resolveSecret } from '../secrets/resolve.ts';

export interface GuardAddresses {
  readonly poolers: readonly (Door & { readonly target: OwnedFile })[];
  readonly members: readonly Door[];
}

/** A server and how to enter it. The password is the value itself: it goes to the guard's stdin and nowhere else. */
export interface Door {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export async function guardAddresses(
  provider: Provider,
  cluster: Cluster,
  names: readonly string[],
  redactor: Redactor,
): Promise<GuardAddresses> {
  const door = async (server: { name: string; host: string; port: number }, user: string, secret: string) => {
    const reference = cluster.secrets[secret] ?? '';
    const password = (await resolveSecret(reference, redactor)).reveal();
    const address = await provider.reach(cluster, server.name, { host: server.host, port: server.port });
    return { name: server.name, ...address, user, password };
  };
  const held = cluster.services.filter(({ name }) => names.includes(name));
  return {
    members: await Promise.all(cluster.members.map((member) => door(member, 'postgres', 'superuser'))),
    poolers: await Promise.all(
      held.map(async (pooler) => ({
        ...(await door(pooler, 'pgdba', 'console')),
        target: await provider.poolerTargetFile(cluster, pooler.name),
      })),
    ),
  };
}
