/** What a JSON pointer (RFC 6901) leads to; undefined when it leads nowhere. */
export function atPointer(value: unknown, pointer: string): unknown {
  if (pointer === '') return value;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, key) => {
      if (at === null || typeof at !== 'object' || !Object.hasOwn(at, key)) return undefined;
      return Reflect.get(at, key);
    }, value);
}
