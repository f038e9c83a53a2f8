import type { Cluster } from '../inventory/cluster.ts';
import type { Provider } from '../providers/provider.ts';
import type { Act } from '../step/index.ts';

/** The provider without its cluster argument: each call reads the cluster from the inventory afresh. */
export function bindProvider(provider: Provider, cluster: () => Promise<Cluster>): Act['provider'] {
  return {
    checkHost: (pgMajor) => provider.checkHost(pgMajor),
    placeOf: (name) => provider.placeOf(name),
    freePorts: (count) => provider.freePorts(count),
    inspect: async () => provider.inspect(await cluster()),
    facts: async (server) => provider.facts(await cluster(), server),
    diskUsage: async (server) => provider.diskUsage(await cluster(), server),
    controlData: async (member) => provider.controlData(await cluster(), member),
    reach: async (server, address) => provider.reach(await cluster(), server, address),
    reaches: async (server, address) => provider.reaches(await cluster(), server, address),
    poolerTarget: async (pooler) => provider.poolerTarget(await cluster(), pooler),
    poolerTargetFile: async (pooler) => provider.poolerTargetFile(await cluster(), pooler),
    logs: async (server, lines) => provider.logs(await cluster(), server, lines),
    readFile: async (server, path) => provider.readFile(await cluster(), server, path),
    ensurePlace: async () => provider.ensurePlace(await cluster()),
    removePlace: async () => provider.removePlace(await cluster()),
    ensureMember: async (member, signal) => provider.ensureMember(await cluster(), member, signal),
    removeMember: async (member, signal) => provider.removeMember(await cluster(), member, signal),
    ensureService: async (service, signal) => provider.ensureService(await cluster(), service, signal),
    removeService: async (service, signal) => provider.removeService(await cluster(), service, signal),
    start: async (server, signal) => provider.start(await cluster(), server, signal),
    stop: async (server, signal) => provider.stop(await cluster(), server, signal),
    pointPooler: async (pooler, address) => provider.pointPooler(await cluster(), pooler, address),
    kill: async (server) => provider.kill(await cluster(), server),
    exec: async (server, argv, options) => provider.exec(await cluster(), server, argv, options),
    writeFile: async (server, path, content, options) =>
      provider.writeFile(await cluster(), server, path, content, options),
  };
}
