import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Redactor } from '../../../src/secrets/redactor.ts';
import { resolveSecret } from '../../../src/secrets/resolve.ts';
import { scramVerifier } from '../../../src/secrets/scram-verifier.ts';
import { Secret } from '../../../src/secrets/secret.ts';

const value = 'p"ä/ss+wörd?&';

describe('a secret', () => {
  it('shows its reference to everything that makes text of an object', () => {
    const secret = new Secret('env:PGPASS', value);
    for (const text of [`${secret}`, JSON.stringify({ secret }), inspect({ secret }), String(secret)]) {
      expect(text).toContain('env:PGPASS');
      expect(text).not.toContain(value);
    }
    expect(secret.reveal()).toBe(value);
  });

  it('makes the verifier that PostgreSQL stores (RFC 7677 test vector)', () => {
    const secret = new Secret('env:X', 'pencil');
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
    expect(scramVerifier(secret, salt)).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });
});

describe('the redactor', () => {
  const base64 = Buffer.from(value).toString('base64');
  const json = JSON.stringify(value).slice(1, -1);
  const forms = [
    value,
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(value).toString('base64url'),
    Buffer.from(value).toString('hex'),
    Buffer.from(value).toString('hex').toUpperCase(),
    encodeURIComponent(value),
    encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
    encodeURIComponent(value).replaceAll('%2F', '/'),
    new URLSearchParams({ '': value }).toString().slice(1),
    json,
    json.replaceAll('/', '\\/'),
    json.replace(/[^ -~]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
    JSON.stringify(json).slice(1, -1),
  ];

  it.each([...new Set(forms)])('masks the form %s', (form) => {
    const redactor = new Redactor();
    redactor.add(new Secret('env:X', value));
    expect(redactor.redact(`before ${form} after`)).toBe('before ‹secret› after');
  });

  it.each(["it's-a-secret", "two''quotes'"])('masks %s as SQL and as a shell quote it', (quoted) => {
    const redactor = new Redactor();
    redactor.add(quoted);
    expect(redactor.redact(`'${quoted.replaceAll("'", "''")}'`)).toBe("'‹secret›'");
    expect(redactor.redact(`'${quoted.replaceAll("'", "'\\''")}'`)).toBe("'‹secret›'");
  });

  it.each(['', 'a', 'ab', 'abc', 'user:'])('masks it in the base64 of a longer text, after "%s"', (before) => {
    const redactor = new Redactor();
    redactor.add(value);
    const text = Buffer.from(`${before}${value}; and more`).toString('base64');
    const safe = redactor.redact(text);
    expect(safe).toContain('‹secret›');
    const left = Buffer.from(safe.replace('‹secret›', ''), 'base64').toString('latin1');
    expect(left).not.toContain(value.slice(0, 4));
  });

  it('masks a secret that travels as a number, also without its leading zeros', () => {
    const redactor = new Redactor();
    for (const pin of ['73519284', '00918273', '5551234.50']) redactor.add(pin);
    expect(redactor.redactValue({ a: 73519284, b: [918273, 5551234.5], c: 73519284n, d: 1, e: 5432 })).toEqual({
      a: '‹secret›',
      b: ['‹secret›', '‹secret›'],
      c: '‹secret›',
      d: 1,
      e: 5432,
    });
  });

  it('masks the beginning of a secret where somebody cut the text', () => {
    const redactor = new Redactor();
    redactor.add('swordfish-of-anna');
    expect(redactor.redactCut('the password is swordfi')).toBe('the password is ‹secret›');
    expect(redactor.redactCut('swordfish-of-anna, sw')).toBe('‹secret›, sw');
  });

  it('masks keys and values of nested data and leaves its shape', () => {
    const redactor = new Redactor();
    redactor.add('hunter22');
    expect(redactor.redactValue({ a: ['hunter22', 1, null], hunter22: true })).toEqual({
      a: ['‹secret›', 1, null],
      '‹secret›': true,
    });
  });

  it('leaves ordinary words alone when a secret is too short to be told from them', () => {
    const redactor = new Redactor();
    redactor.add('app');
    expect(redactor.redact('the app role')).toBe('the app role');
  });
});

describe('a secret by reference', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pgdba-secrets-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is read from a 0600 file, its first line only, and known to the redactor at once', async () => {
    const path = join(directory, 'password');
    await writeFile(path, 'swordfish\nnot this\n', { mode: 0o600 });
    const redactor = new Redactor();
    const secret = await resolveSecret(`file:${path}`, redactor);
    expect(secret.reveal()).toBe('swordfish');
    expect(redactor.redact('swordfish')).toBe('‹secret›');
  });

  it('is refused when others may read the file', async () => {
    const path = join(directory, 'password');
    await writeFile(path, 'swordfish');
    await chmod(path, 0o644);
    await expect(resolveSecret(`file:${path}`, new Redactor())).rejects.toMatchObject({
      code: 'SECRET_UNREADABLE',
      hint: `chmod 600 ${path}`,
    });
  });

  it('comes from a command without a shell', async () => {
    const secret = await resolveSecret('command:echo $HOME ; id', new Redactor());
    expect(secret.reveal()).toBe('$HOME ; id');
  });

  it.each(['env:PGDBA_NO_SUCH_VARIABLE', 'file:/no/such/file', 'swordfish', 'command:false'])(
    'says why %s cannot be read',
    (reference) =>
      expect(resolveSecret(reference, new Redactor())).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' }),
  );
});
