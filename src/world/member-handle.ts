import * as patroni from '../clients/patroni.ts';
import { readMember } from '../clients/patroni-answers.ts';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Cluster, Member } from '../inventory/cluster.ts';
import type { Provider } from '../providers/provider.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import type { MemberAct, MemberLook } from '../step/index.ts';
import { runOnMember } from './host-handle.ts';
import type { Surroundings } from './surroundings.ts';

/** Programs that only look, whatever their arguments: all that `probe` runs. */
const lookers: ReadonlySet<string> = new Set(['pg_controldata']);

const probeTimeoutMs = 30_000;
const restTimeoutMs = 5000;
/** A switchover's answer takes up to 2 × max(10 s, loop_wait), a restart's longer. */
const unsafeTimeoutMs = 120_000;

export function memberLook(around: Surroundings, cluster: Cluster, member: Member): MemberLook {
  const { provider, signal } = around;
  const get = async (path: string) =>
    patroni.get(await restAddress(provider, cluster, member), path, { timeoutMs: restTimeoutMs, signal });
  return {
    name: member.name,
    host: member.host,
    port: member.port,
    async sql<Row>(statement: string, values: readonly unknown[] = [], database = 'postgres') {
      const session = await around.sessions.member(cluster, member.name, database);
      return session.readOnly(async (query) => (await query<Row>(statement, values)).rows, { signal });
    },
    get,
    async patroni() {
      return readMember((await get('/patroni')).body, member.name);
    },
    async probe(argv) {
      const [program = ''] = argv;
      if (!lookers.has(program)) {
        throw new PgdbaError('PROVIDER_CANNOT', {
          facts: { provider: provider.name, capability: `run ${program} while only looking` },
          hint: `a check may run ${[...lookers].join(', ')} only`,
        });
      }
      return provider.exec(cluster, member.name, argv, { as: 'server', signal, timeoutMs: probeTimeoutMs });
    },
    readFile: (path) => provider.readFile(cluster, member.name, path),
    ask: (argv, order) => runOnMember(around, cluster, member.name, argv, order),
  };
}

export function memberAct(around: Surroundings, cluster: Cluster, member: Member): MemberAct {
  const { provider, signal, redactor } = around;
  const unsafe = async () => {
    const reference = cluster.secrets['rest'];
    const password = reference === undefined ? undefined : await resolveSecret(reference, redactor);
    return { timeoutMs: unsafeTimeoutMs, signal, ...(password ? { credentials: { user: 'pgdba', password } } : {}) };
  };
  return {
    ...memberLook(around, cluster, member),
    async execute(statement, values = [], database = 'postgres') {
      const session = await around.sessions.member(cluster, member.name, database);
      const { rows, count } = await session.query(statement, values, { signal, single: true, ends: true });
      return { rows, count };
    },
    async send(method, path, body, options) {
      const how = await unsafe();
      const until = options?.signal ? AbortSignal.any([signal, options.signal]) : signal;
      return patroni.send(await restAddress(provider, cluster, member), method, path, body, { ...how, signal: until });
    },
    async wake() {
      await patroni.wake(await restAddress(provider, cluster, member), await unsafe());
    },
    run: (argv, order) => runOnMember(around, cluster, member.name, argv, order),
    exec: (argv, options) => provider.exec(cluster, member.name, argv, { ...options, signal }),
    writeFile: (path, content, options) => provider.writeFile(cluster, member.name, path, content, options),
  };
}

function restAddress(provider: Provider, cluster: Cluster, member: Member) {
  return provider.reach(cluster, member.name, { host: member.host, port: member.rest_port });
}
