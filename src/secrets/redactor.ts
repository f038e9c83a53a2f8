import { formsOf, shortest } from './forms.ts';
import type { Secret } from './secret.ts';

const mask = '‹secret›';
/** Of a secret that was cut off, as few signs as these are masked. */
const shortestBeginning = 3;

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Masks every known secret in text, however it is escaped. One redactor per process: a secret is added when it is
 * resolved, so nothing written later can hold it.
 */
export class Redactor {
  readonly #values = new Set<string>();
  readonly #forms = new Set<string>();
  #pattern: RegExp | undefined;

  add(secret: Secret | string): void {
    const value = typeof secret === 'string' ? secret : secret.reveal();
    if (value.length < shortest || this.#values.has(value)) return;
    this.#values.add(value);
    for (const form of formsOf(value)) this.#forms.add(form);
    const longestFirst = [...this.#forms].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(longestFirst.map(escapePattern).join('|'), 'g');
  }

  redact(text: string): string {
    return this.#pattern && text.length >= shortest ? text.replace(this.#pattern, mask) : text;
  }

  /** Of a text that somebody cut: also the beginning of a secret at its end. */
  redactCut(text: string): string {
    const whole = this.redact(text);
    const longest = Math.max(0, ...[...this.#forms].map((form) => beginningAtEnd(whole, form)));
    return longest === 0 ? whole : whole.slice(0, -longest) + mask;
  }

  /** The same shape with every string and number in it masked; Secret objects become their reference. */
  redactValue(value: unknown): unknown {
    if (typeof value === 'string') return this.redact(value);
    if (typeof value === 'number' || typeof value === 'bigint') return this.#redactNumber(value);
    if (value === null || typeof value !== 'object') return value;
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.redactValue(value.toJSON());
    if (Array.isArray(value)) return value.map((item) => this.redactValue(item));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.redact(key), this.redactValue(item)]));
  }

  /** What is left of a value in JSON, masked. */
  redactJson(value: unknown): Json {
    return JSON.parse(JSON.stringify(this.redactValue(value ?? null)));
  }

  /** A number that spells a secret is masked like text. A bigint is text in JSON anyway. */
  #redactNumber(value: number | bigint): unknown {
    const text = String(value);
    const safe = this.redact(text);
    return typeof value === 'number' && safe === text ? value : safe;
  }
}

/** How many signs of `form` stand at the end of `text`. */
function beginningAtEnd(text: string, form: string): number {
  for (let length = Math.min(form.length - 1, text.length); length >= shortestBeginning; length -= 1) {
    if (text.endsWith(form.slice(0, length))) return length;
  }
  return 0;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
