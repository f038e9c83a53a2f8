import { setTimeout as delay } from 'node:timers/promises';
import { describe, PgdbaError } from '../errors/pgdba-error.ts';
import { formatDuration } from '../formats/duration.ts';
import type { NotificationTarget } from '../inventory/notifications.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { Outgoing, Refusal } from './outgoing.ts';
import { tellProgram } from './tell-program.ts';
import { tellWebhook } from './tell-webhook.ts';

export interface Delivered {
  readonly target: string;
  /** Null: it was taken. */
  readonly problem: string | null;
  readonly attempts: number;
}

/** How long all attempts at one receiver take together, and the pauses between them. */
export interface Patience {
  readonly withinMs: number;
  readonly pausesMs: readonly number[];
}

export const patience: Patience = { withinMs: 15_000, pausesMs: [500, 1_000, 2_000, 4_000] };

/** Tries until it is taken, refused for good, or the time is over. Throws only what aborts `signal`. */
export async function deliver(
  target: NotificationTarget,
  outgoing: Outgoing,
  redactor: Redactor,
  signal: AbortSignal,
  { withinMs, pausesMs }: Patience = patience,
): Promise<Delivered> {
  const overtime = AbortSignal.timeout(withinMs);
  const until = AbortSignal.any([signal, overtime]);
  for (let attempt = 1; ; attempt += 1) {
    const refusal = await attemptOnce(target, outgoing, redactor, until);
    signal.throwIfAborted();
    if (refusal === null) return { target: target.name, problem: null, attempts: attempt };
    const pause = pausesMs[attempt - 1];
    if (!refusal.again || overtime.aborted || pause === undefined) {
      const problem = overtime.aborted ? `not taken within ${formatDuration(withinMs)}` : refusal.problem;
      return { target: target.name, problem, attempts: attempt };
    }
    await delay(pause, undefined, { signal: until }).catch(() => undefined);
  }
}

async function attemptOnce(
  { way }: NotificationTarget,
  outgoing: Outgoing,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<Refusal | null> {
  try {
    if ('exec' in way) return await tellProgram(way.exec, outgoing, redactor, signal);
    return await tellWebhook(way, outgoing, redactor, signal);
  } catch (thrown) {
    const again = !(thrown instanceof PgdbaError) || thrown.class === 'transient';
    return { problem: redactor.redact(describe(thrown)), again };
  }
}
