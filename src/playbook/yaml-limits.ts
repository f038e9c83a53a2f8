import { type CST, Lexer, Parser } from 'yaml';
import { formatBytes } from '../formats/bytes.ts';
import type { Problems } from './problems.ts';
import type { Source } from './source.ts';

export const mostBytes = 1024 * 1024;
const deepest = 64;
/** The reader needs some 10 µs for each; a file of 1 MiB may have a million. */
const mostTokens = 150_000;
/** Each that is wrong is an error of its own. */
const mostEscapes = 10_000;

/**
 * The tokens of a file. Refuses what would make the YAML reader slow, or overflow its stack: it recurses into nested
 * values, while the lexer and the token parser used here do not.
 */
export function readTokens(source: Source, problems: Problems): CST.Token[] {
  const { text } = source;
  if (text.length > mostBytes || Buffer.byteLength(text) > mostBytes) {
    problems.add(
      whole,
      `the file is larger than ${formatBytes(mostBytes)}`,
      'a playbook is a page or two; move data into a file of its own',
    );
    return [];
  }
  const control = findControlCharacter(text);
  if (control >= 0) {
    const code = text.charCodeAt(control).toString(16).toUpperCase().padStart(4, '0');
    problems.add(
      { start: control, path: '' },
      `control character U+${code} is not allowed`,
      'save the file as plain UTF-8 text',
    );
    return [];
  }
  return tokensOf(text, problems);
}

const whole = { start: 0, path: '' };

/** Offset of a character that has no place in a text file, or -1. A carriage return is one unless a line feed follows. */
function findControlCharacter(text: string): number {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 32 && code < 127) continue;
    if (code === 9 || code === 10 || (code === 13 && text.charCodeAt(at + 1) === 10)) continue;
    if (code < 32 || (code >= 127 && code < 160) || code >= 0xfffe) return at;
  }
  return -1;
}

function tokensOf(text: string, problems: Problems): CST.Token[] {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    const at = { start: Math.min(parser.offset, text.length), path: '' };
    tokens.push(...parser.next(lexeme));
    lexemes += 1;
    // The stack also holds the document and the scalar being read.
    if (parser.stack.length > deepest + 2) {
      problems.add(
        at,
        `values are nested more than ${deepest} deep`,
        'move the inner part into a file or playbook of its own',
      );
      return [];
    }
    if (lexeme.startsWith('"') && countEscapes(lexeme) > mostEscapes) {
      problems.add(at, `this text has more than ${mostEscapes} escapes`, 'write it as a block: |');
      return [];
    }
    if (lexemes > mostTokens) {
      problems.add(
        at,
        `the file has more than ${mostTokens} YAML tokens`,
        'a playbook is a page or two; move data into a file of its own',
      );
      return [];
    }
  }
  tokens.push(...parser.end());
  return tokens;
}

function countEscapes(text: string): number {
  let found = 0;
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at + 1)) found += 1;
  return found;
}
