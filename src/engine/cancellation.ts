/** Why a drive was told to stop: the reason of its AbortSignal. */
export interface Cancellation {
  /** SIGINT, SIGTERM, or who asked for it from another terminal. */
  readonly by: string;
  /** What becomes of the run; null: what its playbook says, or the person at the terminal. */
  readonly how: 'leave' | 'rollback' | null;
  readonly why: string | null;
}

export function isCancellation(reason: unknown): reason is Cancellation {
  return typeof reason === 'object' && reason !== null && 'by' in reason && 'how' in reason;
}
