import { PgdbaError } from '../errors/pgdba-error.ts';
import { type Risk, risks } from '../step/define-step.ts';
import type { Prompt } from './report.ts';

/** What the caller said about consent. */
export interface ConsentFlags {
  /** The cluster was named on the command line (not by config, and not as the only one known). */
  readonly named: boolean;
  readonly yes: boolean;
  readonly confirm: boolean;
  /** Ready to type: the command that would be accepted. */
  readonly retry: string;
  readonly maxRisk: Risk | null;
}

/** Refuses before anything is read what the caller may not do at all. */
export function checkRiskCap(risk: Risk, maxRisk: Risk | null): void {
  if (maxRisk === null || risks.indexOf(risk) <= risks.indexOf(maxRisk)) return;
  throw new PgdbaError('RISK_CAPPED', {
    facts: { risk, max_risk: maxRisk },
    hint: 'raise PGDBA_MAX_RISK (or max_risk in the config file) if this caller may do it',
  });
}

/**
 * Gets the agreement that a run of this risk needs, and answers how it was given: the words for the journal.
 * Errors: CONSENT_REQUIRED when nobody can be asked, DECLINED when the person said no.
 */
export async function obtainConsent(
  subject: { playbook: string; risk: Risk; cluster: string | null; shown: readonly string[] },
  flags: ConsentFlags,
  prompt: Prompt | null,
  signal: AbortSignal,
): Promise<string> {
  const { playbook, risk, cluster, shown } = subject;
  if (risk === 'read-only' || risk === 'safe') return `not needed: ${risk}`;
  if (risk === 'disruptive') {
    if (flags.yes) return '--yes';
    if (prompt) return answered(await prompt.yesNo(`Run ${playbook}${on(cluster)}?`, shown, signal));
    if (flags.named) return 'the cluster was named on the command line';
    throw refusal(subject, `name the cluster, or agree with --yes: ${flags.retry} --yes`);
  }
  if (flags.named && flags.confirm) return '--name and --confirm';
  const name = cluster ?? playbook;
  if (prompt) return answered(await prompt.typed(`Type ${name} to go on`, name, shown, signal));
  const missing = [flags.named ? '' : ` --name ${name}`, flags.confirm ? '' : ' --confirm'].join('');
  throw refusal(subject, `destructive work takes the name and the confirmation together: ${flags.retry}${missing}`);
}

function answered(yes: boolean): string {
  if (!yes) throw new PgdbaError('DECLINED', { hint: 'nothing to do: no server was touched' });
  return 'answered on the terminal';
}

function on(cluster: string | null): string {
  return cluster === null ? '' : ` on ${cluster}`;
}

function refusal({ playbook, risk }: { playbook: string; risk: Risk }, hint: string): PgdbaError {
  return new PgdbaError('CONSENT_REQUIRED', { facts: { playbook, risk }, hint });
}
