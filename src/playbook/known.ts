import type { AnyProbe } from '../step/define-probe.ts';
import type { AnyStep, Risk } from '../step/define-step.ts';
import { approve, approveUses } from './approve.ts';
import type { Playbook } from './playbook.ts';

/** What playbooks may use: those of this playbook that were found, and the names of all. */
export interface Known {
  readonly steps: ReadonlyMap<string, AnyStep>;
  readonly probes: ReadonlyMap<string, AnyProbe>;
  /** By `uses` as written. */
  readonly children: ReadonlyMap<string, Playbook>;
  readonly stepIds: readonly string[];
  readonly probeIds: readonly string[];
}

/** What a task's `uses` turned out to be. */
export type Used =
  | { readonly kind: 'step'; readonly step: AnyStep }
  | { readonly kind: 'child'; readonly playbook: Playbook }
  | { readonly kind: 'approve' };

/** Undefined for what was not found. */
export function usedBy(uses: string, { steps, children }: Pick<Known, 'steps' | 'children'>): Used | undefined {
  if (uses === approveUses) return { kind: 'approve' };
  const playbook = children.get(uses);
  if (playbook) return { kind: 'child', playbook };
  const step = steps.get(uses);
  return step && { kind: 'step', step };
}

/** A child run that changes something is an event; one that only looks has no effect, and neither has a question. */
export function effectOf(used: Used): AnyStep['effect'] {
  if (used.kind === 'step') return used.step.effect;
  return used.kind === 'child' && used.playbook.risk !== 'read-only' ? 'once' : 'none';
}

export function riskOf(used: Used): Risk {
  if (used.kind === 'step') return used.step.risk;
  return used.kind === 'child' ? used.playbook.risk : approve.risk;
}

export function isChild(uses: string): boolean {
  return uses.startsWith('playbook:');
}
