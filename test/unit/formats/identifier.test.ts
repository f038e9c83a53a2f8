import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteIdentifier, quoteLiteral } from '../../../src/formats/identifier.ts';

describe('quoteIdentifier', () => {
  it('doubles quotes and nothing else', () => {
    expect(quoteIdentifier('Order "1"')).toBe('"Order ""1"""');
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => !text.includes('\0')),
        (name) => {
          const quoted = quoteIdentifier(name);
          expect(quoted.slice(1, -1).replaceAll('""', '"')).toBe(name);
          expect(quoted.slice(1, -1).replaceAll('""', '')).not.toContain('"');
        },
      ),
    );
  });

  it('refuses what PostgreSQL cannot hold', () => {
    expect(() => quoteIdentifier('a\0b')).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }));
    expect(() => quoteIdentifier('')).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }));
  });
});

describe('quoteLiteral', () => {
  it('escapes quotes and backslashes', () => {
    expect(quoteLiteral("it's")).toBe("'it''s'");
    expect(quoteLiteral("\\'")).toBe(" E'\\\\'''");
    expect(() => quoteLiteral('a\0')).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }));
  });
});
