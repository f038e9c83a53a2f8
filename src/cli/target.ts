import type { Invocation } from './invocation.ts';
import type { TargetRequest } from './services.ts';

/** What the options and the settings say about the target; who the cluster is, the engine finds out. */
export function targetOf({ globals, config }: Invocation): TargetRequest {
  return {
    name: globals.name ?? (globals.patroniUrl === null ? config.cluster.name : null),
    named: globals.name !== null,
    patroni_url: globals.patroniUrl,
    provider: globals.provider,
  };
}
