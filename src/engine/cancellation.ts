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

/** Whoever cancels decides about the whole: the child is left, and undone with its parent if that is what they want. */
export function leaving(signal: AbortSignal): AbortSignal {
  const told = new AbortController();
  const tell = () => {
    const { reason } = signal;
    const { by, why } = isCancellation(reason) ? reason : { by: String(reason), why: null };
    told.abort({ by, how: 'leave', why } satisfies Cancellation);
  };
  if (signal.aborted) tell();
  else signal.addEventListener('abort', tell, { once: true });
  return told.signal;
}
