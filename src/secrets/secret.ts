import { inspect } from 'node:util';

/**
 * A value that must never be written or printed. Everything that turns an object into text sees only the
 * reference (`file:/…`, `env:NAME`); `reveal()` is called at the last moment, by a client.
 */
export class Secret {
  readonly reference: string;
  readonly #value: string;

  constructor(reference: string, value: string) {
    this.reference = reference;
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toJSON(): string {
    return this.reference;
  }

  toString(): string {
    return this.reference;
  }

  [inspect.custom](): string {
    return `Secret(${this.reference})`;
  }
}
