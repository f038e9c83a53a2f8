import type { Capability, Provider } from '../provider.ts';
import { serverAccount } from './account.ts';
import { controlData } from './control-data.ts';
import { diskUsage } from './disk-usage.ts';
import { runOnServer } from './exec.ts';
import { readServerFile, writeServerFile } from './files.ts';
import { checkHost } from './host-check.ts';
import { hostFacts } from './host-facts.ts';
import { inspect } from './inspect.ts';
import { memberOf, serverOf, serviceOf } from './layout.ts';
import { lastLines } from './logs.ts';
import { ensurePlace, placeOf, removePlace } from './place.ts';
import { pointPooler, poolerTargetFile, readPoolerTarget } from './pooler-target.ts';
import { freePorts } from './ports.ts';
import { reaches } from './reaches.ts';
import { ensureServer, startServer } from './start.ts';
import { killServer, removeServer, stopServer } from './stop.ts';

const capabilities: ReadonlySet<Capability> = new Set([
  'inspect',
  'member',
  'service',
  'exec',
  'files',
  'start-stop',
  'kill',
  'reach',
  'logs',
  'facts',
]);

/** Clusters as plain processes on this Linux machine; `home` is pgdba's home, which tells clusters of one name apart. */
export function localProvider({ home }: { readonly home: string }): Provider {
  return {
    name: 'local',
    capabilities,
    checkHost,
    placeOf: (name) => placeOf(home, name),
    inspect,
    facts: (cluster) => hostFacts(cluster.directory),
    diskUsage: async (cluster, name) => diskUsage(serverOf(cluster, name).directory),
    controlData: async (cluster, name) => controlData(cluster, memberOf(cluster, name)),
    freePorts,
    reach: async (cluster, server, address) => {
      serverOf(cluster, server);
      return address;
    },
    reaches: async (cluster, server, address) => {
      serverOf(cluster, server);
      return reaches(address);
    },
    poolerTarget: async (cluster, name) => readPoolerTarget(serviceOf(cluster, name)),
    poolerTargetFile: async (cluster, name) => poolerTargetFile(serviceOf(cluster, name)),
    pointPooler: async (cluster, name, address) => pointPooler(serviceOf(cluster, name), address),
    logs: async (cluster, server, lines) => lastLines(serverOf(cluster, server), lines),
    readFile: async (cluster, server, path) => readServerFile(serverOf(cluster, server), path),
    ensurePlace: (cluster) => ensurePlace(home, cluster),
    removePlace,
    ensureMember: async (cluster, name, signal) => ensureServer(home, cluster, memberOf(cluster, name), signal),
    removeMember: async (cluster, name, signal) => removeServer(cluster, memberOf(cluster, name), signal),
    ensureService: async (cluster, name, signal) => ensureServer(home, cluster, serviceOf(cluster, name), signal),
    removeService: async (cluster, name, signal) => removeServer(cluster, serviceOf(cluster, name), signal),
    start: async (cluster, name, signal) => startServer(home, cluster, serverOf(cluster, name), signal),
    stop: async (cluster, name, signal) => stopServer(cluster, serverOf(cluster, name), signal),
    kill: async (cluster, name) => killServer(cluster, serverOf(cluster, name)),
    exec: async (cluster, name, argv, options) =>
      runOnServer(cluster, serverOf(cluster, name), await serverAccount(), argv, options),
    writeFile: async (cluster, name, path, content, options) =>
      writeServerFile(cluster, serverOf(cluster, name), path, content, options),
  };
}
