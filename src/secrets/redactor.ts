import type { Secret } from './secret.ts';

const mask = '‹secret›';
/** Shorter values occur by chance in ordinary text; masking them would garble it and reveal them by their place. */
const shortest = 6;

/**
 * Masks every known secret in text, also base64, URL and JSON escaped. One redactor per process: a secret is added
 * when it is resolved, so nothing written later can hold it.
 */
export class Redactor {
  readonly #forms = new Set<string>();
  #pattern: RegExp | undefined;

  add(secret: Secret | string): void {
    const value = typeof secret === 'string' ? secret : secret.reveal();
    if (value.length < shortest) return;
    for (const form of forms(value)) this.#forms.add(form);
    const longestFirst = [...this.#forms].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(longestFirst.map(escapePattern).join('|'), 'g');
  }

  redact(text: string): string {
    return this.#pattern ? text.replace(this.#pattern, mask) : text;
  }

  /** The same shape with every string in it masked; Secret objects become their reference. */
  redactValue(value: unknown): unknown {
    if (typeof value === 'string') return this.redact(value);
    if (typeof value === 'bigint') return value.toString();
    if (value === null || typeof value !== 'object') return value;
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.redactValue(value.toJSON());
    if (Array.isArray(value)) return value.map((item) => this.redactValue(item));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.redact(key), this.redactValue(item)]));
  }
}

function forms(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64');
  return [
    value,
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(value).toString('base64url'),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
  ].filter((form) => form.length >= shortest);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
