import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Capability, Provider } from './provider.ts';

/** What every provider is asked about, offered or not. */
export const capabilityNames = [
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
  'job',
  'freeze',
  'isolate',
] as const satisfies readonly Capability[];

/** Refuses what a provider does not offer, with what to do instead. Errors: PROVIDER_CANNOT. */
export function requireCapability(provider: Pick<Provider, 'name' | 'capabilities'>, capability: Capability): void {
  if (provider.capabilities.has(capability)) return;
  const { verb, instead } = words[capability];
  throw new PgdbaError('PROVIDER_CANNOT', {
    facts: { provider: provider.name, capability: verb, name: capability },
    hint: instead,
  });
}

const words: Readonly<Record<Capability, { verb: string; instead: string }>> = {
  inspect: { verb: 'inspect servers', instead: 'ask the members themselves: pgdba cluster status' },
  member: { verb: 'make or remove members', instead: 'add the member by hand; pgdba finds it through Patroni' },
  service: { verb: 'make or remove services', instead: 'set the service up by hand and connect the cluster to it' },
  exec: { verb: 'run commands on a server', instead: 'run the command on the host by hand' },
  files: { verb: 'read or write files', instead: 'change the file on the host by hand' },
  'start-stop': { verb: 'start or stop servers', instead: 'start or stop the server by hand' },
  kill: { verb: 'kill a server', instead: 'stop the server instead, or kill it by hand' },
  reach: { verb: 'reach a server from here', instead: 'run pgdba on a host that reaches the servers' },
  logs: { verb: 'read server logs', instead: 'read the log on the host' },
  facts: { verb: 'measure hosts', instead: 'name memory and processors as inputs' },
  job: {
    verb: 'run jobs that outlive pgdba',
    instead: 'run the work in the foreground, as a command that pgdba waits for',
  },
  freeze: { verb: 'freeze a server', instead: 'kill the server instead (kill-node), which needs no cgroup' },
  isolate: {
    verb: 'cut a server off the network',
    instead: 'use a provider with a network of its own per member (docker), or kill the server instead',
  },
};
