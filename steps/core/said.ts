import type { Look } from '../../src/step/index.ts';

/** Of each text that a program or a server said, this much is kept. */
export const keptBytes = 64 * 1024;
/** Read beyond that, so that a secret at the edge is seen whole and masked before the cut. */
export const readBytes = keptBytes + 4 * 1024;

/** What was said, as it may be kept: secrets masked, at most 64 KiB, and told when there was more. */
export function said(look: Look, text: string, cut: boolean): string {
  const safe = look.masked(text, cut);
  if (!cut && Buffer.byteLength(safe) <= keptBytes) return safe;
  return `${Buffer.from(safe).subarray(0, keptBytes).toString('utf8')}\n[cut: only the first 64 KiB are kept]`;
}

/** Its end, for a sentence. */
export function lastWords(text: string, signs = 300): string {
  const words = text.trim();
  return words.length <= signs ? words : `… ${words.slice(-signs)}`;
}

/** Its beginning, which says what it is. */
export function firstWords(text: string, signs: number): string {
  const words = text.trim();
  return words.length <= signs ? words : `${words.slice(0, signs)} …`;
}
