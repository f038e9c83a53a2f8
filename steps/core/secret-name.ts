const words = /pass(word|wd|phrase)?$|secret|token|credential|api_?key|private_?key/i;
const names = /_?(file|path|dir|directory|url)$/i;

/** A name under which people keep secrets: the value itself, not the file where it lies. */
export function secretName(name: string): boolean {
  return words.test(name) && !names.test(name);
}
