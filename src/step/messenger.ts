/** Tells people by the targets that the configuration names. */
export interface Messenger {
  /** Names of the configured targets. */
  readonly names: readonly string[];
  /** Delivers one message to each of them; `key` lets a receiver know it again. Errors: NOTIFICATION_UNKNOWN. */
  tell(to: readonly string[], message: Message, signal: AbortSignal): Promise<readonly Delivery[]>;
}

export interface Message {
  readonly key: string;
  readonly run: string;
  readonly task: string;
  readonly subject: string;
  readonly text: string;
}

export interface Delivery {
  readonly target: string;
  /** Null: it was delivered. */
  readonly problem: string | null;
}
