/** Schema keyword that marks a place in a step's params which pgdba reads by a format of its own. */
export const placeKey = 'x-pgdba';

export const places = ['bytes', 'duration', 'timestamp', 'lsn', 'member', 'secret', 'expression'] as const;
export type Place = (typeof places)[number];

/** The mark of a schema place, or undefined. */
export function placeOf(schema: unknown): Place | undefined {
  if (schema === null || typeof schema !== 'object' || !(placeKey in schema)) return undefined;
  return places.find((place) => place === schema[placeKey]);
}
