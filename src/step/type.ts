import { type SchemaOptions, type TUnsafe, Type as TypeBox } from '@sinclair/typebox';
import { type Place, placeKey } from './place.ts';

export type { Static, TObject, TSchema } from '@sinclair/typebox';

/** Places that pgdba reads by a format of its own. In a playbook they are written as text. */
const formatted = {
  /** Written `1MiB`; the step gets integer bytes. */
  Bytes: (options: SchemaOptions = {}) => place<number>('bytes', { type: 'integer', minimum: 0, ...options }),
  /** Written `90s`; the step gets integer milliseconds. */
  Duration: (options: SchemaOptions = {}) => place<number>('duration', { type: 'integer', minimum: 0, ...options }),
  /** Written with a zone; the step gets RFC 3339 in UTC. */
  Timestamp: (options: SchemaOptions = {}) => place<string>('timestamp', { type: 'string', ...options }),
  Lsn: (options: SchemaOptions = {}) => place<string>('lsn', { type: 'string', ...options }),
  /** Name of a member of the target. */
  Member: (options: SchemaOptions = {}) => place<string>('member', { type: 'string', minLength: 1, ...options }),
  /** Written as a reference (`env:`, `file:`, `command:`); journaled so; the step gets a Secret. */
  Secret: (options: SchemaOptions = {}) =>
    place<import('../secrets/secret.ts').Secret>('secret', { type: 'string', ...options }),
  /** Bare CEL that gives true or false, evaluated by the engine before check; the step gets its value. */
  Expression: (options: SchemaOptions = {}) => place<boolean>('expression', { ...options }),
};

/** TypeBox and our own places. Annotated, because a spread loses TypeBox's members in the emitted declarations. */
export const Type: typeof TypeBox & typeof formatted = Object.assign({}, TypeBox, formatted);

function place<T>(
  kind: Place,
  options: SchemaOptions & { type?: string; minimum?: number; minLength?: number },
): TUnsafe<T> {
  return TypeBox.Unsafe<T>({ ...options, [placeKey]: kind });
}
