/** One text on its way to receivers. The id is the same in every attempt, so that they can know a repetition. */
export interface Outgoing {
  readonly id: string;
  readonly body: string;
}

/** It was heard and not taken. */
export interface Refusal {
  readonly problem: string;
  /** Waiting may help. */
  readonly again: boolean;
}
