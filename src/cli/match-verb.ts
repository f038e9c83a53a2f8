import { takesValue } from './global-options.ts';
import type { Verb } from './verb.ts';

export type Match =
  | {
      readonly is: 'verb';
      /** `failover trigger`: without a selecting flag. */
      readonly words: string;
      readonly verb: Verb;
      /** The verbs of the same words that a flag selects. */
      readonly siblings: readonly Verb[];
      /** Everything else that was typed. */
      readonly rest: readonly string[];
    }
  | { readonly is: 'area'; readonly words: string; readonly verbs: readonly Verb[] }
  | { readonly is: 'unknown'; readonly words: string };

/** Finds the verb in what was typed: the longest that fits, after any leading global options. */
export function matchVerb(argv: readonly string[], known: readonly Verb[]): Match {
  // `run NAME` of a playbook that claims no verb is answered by `run`.
  const verbs = known.filter(({ verb }) => !verb.startsWith('run '));
  const start = firstWord(argv);
  const words = leadingWords(argv.slice(start));
  for (let count = words.length; count > 0; count -= 1) {
    const phrase = words.slice(0, count).join(' ');
    const meant = verbs.filter((verb) => wordsOf(verb) === phrase);
    const rest = [...argv.slice(0, start), ...argv.slice(start + count)];
    const verb = meant.find((candidate) => isSelected(candidate, rest)) ?? meant.find((other) => !flagOf(other));
    if (verb) {
      const siblings = meant.filter((other) => other !== verb && flagOf(other) !== null);
      const flag = flagOf(verb);
      return { is: 'verb', words: phrase, verb, siblings, rest: flag === null ? rest : without(rest, flag) };
    }
  }
  const [area] = words;
  const inArea = verbs.filter((verb) => area === undefined || verb.verb.startsWith(`${area} `));
  if (words.length <= 1 && inArea.length > 0) return { is: 'area', words: area ?? '', verbs: inArea };
  return { is: 'unknown', words: words.join(' ') };
}

/** `failover trigger --force` → `failover trigger`. */
export function wordsOf({ verb }: Verb): string {
  return verb.replace(/ --[a-z-]+$/, '');
}

/** `failover trigger --force` → `--force`. */
export function flagOf({ verb }: Verb): string | null {
  return / (--[a-z-]+)$/.exec(verb)?.[1] ?? null;
}

function isSelected(verb: Verb, rest: readonly string[]): boolean {
  const flag = flagOf(verb);
  return flag !== null && beforeSeparator(rest).includes(flag);
}

function without(rest: readonly string[], flag: string): string[] {
  const at = rest.indexOf(flag);
  return rest.filter((_, index) => index !== at);
}

function firstWord(argv: readonly string[]): number {
  let at = 0;
  while (at < argv.length && argv[at]?.startsWith('-')) at += takesValue(argv[at] ?? '') ? 2 : 1;
  return Math.min(at, argv.length);
}

function leadingWords(argv: readonly string[]): string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  return argv.slice(0, Math.min(end === -1 ? argv.length : end, 3));
}

/** The words before a bare `--`. */
export function beforeSeparator(argv: readonly string[]): readonly string[] {
  const at = argv.indexOf('--');
  return at === -1 ? argv : argv.slice(0, at);
}
