/** The two numbers of a session advisory lock. */
export interface LockKey {
  readonly space: number;
  readonly key: number;
}

/**
 * `topology` → the lock `pgdba/topology`: each half is its first four letters as an integer, so that whoever finds
 * 1885824098, 1953460335 in pg_locks can read them as `pgdb`, `topo`; `backup` is 1650549611, `back`.
 */
export function lockKey(leaseKey: string): LockKey {
  return { space: fourLetters('pgdba'), key: fourLetters(leaseKey) };
}

function fourLetters(word: string): number {
  return Buffer.from(word.slice(0, 4), 'ascii').readInt32BE();
}
