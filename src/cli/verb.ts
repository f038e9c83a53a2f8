import type { Input } from '../playbook/input.ts';
import type { Risk } from '../step/define-step.ts';

/** A verb that starts a playbook; `failover trigger --force` ends in the flag that selects it. */
export interface PlaybookVerb {
  readonly kind: 'playbook';
  readonly verb: string;
  readonly playbook: string;
  readonly version: string;
  readonly summary: string;
  readonly risk: Risk;
  readonly target: 'cluster' | 'instance' | 'new-cluster' | 'none';
  readonly inputs: readonly Input[];
}

/** A command that touches pgdba's own files only, or drives an existing run. */
export interface CommandVerb {
  readonly kind: 'command';
  readonly verb: string;
  readonly summary: string;
}

export type Verb = PlaybookVerb | CommandVerb;
