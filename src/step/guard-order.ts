/**
 * What the guard does for a hold when pgdba is gone, or too late. A closed set: that is all a guard can do.
 * The step names poolers; the world adds addresses and credentials.
 */
export interface GuardOrder {
  readonly kind: 'pooler-resume';
  readonly poolers: readonly string[];
  /** How long after the hold was reached it may last at most. */
  readonly within_ms: number;
}
