import { takesValue } from './global-options.ts';

/** The playbook in `run …`: the first word that is a file, else the first that is no option. Null: none. */
export function choosePlaybook(rest: readonly string[]): string | null {
  const words = operands(rest);
  return words.find(isFile) ?? words[0] ?? null;
}

/** Whether only options of every verb stand beside it, so that the playbook's inputs need not be known yet. */
export function nameOnly(rest: readonly string[]): boolean {
  return rest.every((word) => !word.startsWith('-') || isGlobal(word));
}

function isFile(word: string): boolean {
  return word.includes('/') || /\.ya?ml$/.test(word);
}

function operands(rest: readonly string[]): string[] {
  return rest.filter((word, at) => !word.startsWith('-') && !valued(rest[at - 1]));
}

function valued(before: string | undefined): boolean {
  return before !== undefined && (before === '--set' || takesValue(before));
}

const switches = new Set([
  '--check',
  '--dry-run',
  '--yes',
  '--confirm',
  '--journal',
  '--events',
  '--verbose',
  '--quiet',
]);

function isGlobal(word: string): boolean {
  const [name = word] = word.split('=', 1);
  return switches.has(name) || name === '--set' || takesValue(name);
}
