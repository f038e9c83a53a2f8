import { type MemberAct, PgdbaError } from '../../src/step/index.ts';
import type { SwitchoverAnswer } from './switchover-memory.ts';

/** Asks the leader's Patroni for the switchover; every failure to get an answer is an answer too. Never throws. */
export async function switchoverAnswer(
  leader: MemberAct,
  { from, to }: { readonly from: string; readonly to: string },
  signal: AbortSignal,
): Promise<SwitchoverAnswer> {
  const said = await leader.send('POST', '/switchover', { leader: from, candidate: to }, { signal }).then(
    ({ status, text }) => ({ status, text: sentence(text) }),
    (thrown: unknown) => ({ status: statusIn(thrown), text: sentence(describeFailure(thrown)) }),
  );
  return { ...said, at: new Date().toISOString() };
}

/**
 * accepted: it is or will be done · refused: Patroni did not begin it · doubtful: it may have begun, or may not.
 * Patroni answers 4xx before it writes anything; what others say in its place, and everything from 500 on, proves nothing.
 */
export function judgeAnswer({ status, text }: SwitchoverAnswer): 'accepted' | 'refused' | 'doubtful' {
  if (status === null || looksForeign(text)) return 'doubtful';
  if (status === 200 || status === 202) return 'accepted';
  return status >= 400 && status < 500 ? 'refused' : 'doubtful';
}

/** What happened, in a sentence for the operator. */
export function describeAnswer({ status, text }: SwitchoverAnswer): string {
  if (status === null) return text;
  const words: Readonly<Record<number, string>> = {
    401: 'Patroni does not accept the credentials of pgdba (secret "rest")',
    403: 'Patroni does not let pgdba give orders (restapi.allowlist or client certificates)',
    409: 'Patroni is busy with something else',
    412: 'Patroni refused the switchover',
    503: 'Patroni did not succeed',
  };
  if (looksForeign(text)) return `something that is not Patroni answered ${status}`;
  return `${words[status] ?? `Patroni answered ${status}`}: ${text}`;
}

/** A page of a proxy or of another program. */
function looksForeign(text: string): boolean {
  return /^\s*<(!doctype|html|\?xml)/i.test(text);
}

/** A refused or broken answer carries its status; silence has none. */
function statusIn(thrown: unknown): number | null {
  if (!(thrown instanceof PgdbaError)) return null;
  if (thrown.code === 'AUTH_FAILED') return 401;
  const { status } = thrown.facts;
  return thrown.code === 'PATRONI_ANSWER' && typeof status === 'number' ? status : null;
}

function describeFailure(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function sentence(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > 300 ? `${flat.slice(0, 300)}…` : flat;
}
