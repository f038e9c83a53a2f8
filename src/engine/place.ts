import type { Verb } from './verb.ts';

/** Which unit and attempt a record is about: the record's own fields beside its data. */
export function place({ task, item, attempt }: Pick<Verb, 'task' | 'item' | 'attempt'>) {
  return { task, ...(item === null ? {} : { item }), attempt };
}
