import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, parseBytes } from '../../../src/formats/bytes.ts';
import { closest } from '../../../src/formats/closest.ts';
import { formatDuration, parseDuration } from '../../../src/formats/duration.ts';
import { lsnDiff, parseLsn } from '../../../src/formats/lsn.ts';
import { parseTimestamp } from '../../../src/formats/timestamp.ts';

describe('durations', () => {
  it.each([
    ['0', 0],
    ['250ms', 250],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['2d', 172_800_000],
  ])('reads %s as %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '5', '1 h', '-1s', '1x', 's', '1h30', '99999999999999999d'])('refuses %j with a hint', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }));
  });

  it.each([
    [3, '3ms'],
    [1500, '1.5s'],
    [42_000, '42s'],
    [125_000, '2m 5s'],
    [3_600_000, '1h'],
    [90_000_000, '1d 1h'],
  ])('shows %d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('bytes', () => {
  it.each([
    ['8192', 8192],
    ['1MiB', 1_048_576],
    ['500 kB', 500_000],
    ['1.5GiB', 1_610_612_736],
  ])('reads %s as %d', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each(['', 'MiB', '1 mib', '1e9', '-1B', '999999999999TiB'])('refuses %j', (text) => {
    expect(() => parseBytes(text)).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }));
  });

  it('shows what it read, near enough for people', () => {
    expect(formatBytes(1_468_006)).toBe('1.4 MiB');
    expect(formatBytes(512)).toBe('512 B');
  });
});

describe('timestamps', () => {
  it('turns any zone into UTC', () => {
    expect(parseTimestamp('2026-11-20 03:00:00+01:00')).toBe('2026-11-20T02:00:00.000Z');
    expect(parseTimestamp('2026-11-20T03:00+0100')).toBe('2026-11-20T02:00:00.000Z');
    expect(parseTimestamp('2026-11-20T02:00:00Z')).toBe('2026-11-20T02:00:00.000Z');
  });

  it.each(['2026-11-20T02:00:00', '2026-02-31T00:00:00Z', 'tomorrow', '2026-13-01T00:00:00Z', '2026-11-20'])(
    'refuses %j: no zone, or no such day',
    (text) => expect(() => parseTimestamp(text)).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' })),
  );
});

describe('WAL positions', () => {
  it('subtracts exactly, also beyond 2^53', () => {
    expect(lsnDiff('FFFFFFFF/FFFFFFFF', 'FFFFFFFF/FFFFFFFE')).toBe(1n);
    expect(lsnDiff('0/10', '1/0')).toBe(16n - 4_294_967_296n);
  });

  it('is antisymmetric for any two positions', () => {
    const lsn = fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff)).map(([a, b]) => `${a.toString(16)}/${b.toString(16)}`);
    fc.assert(fc.property(lsn, lsn, (a, b) => lsnDiff(a, b) === -lsnDiff(b, a)));
  });

  it('refuses what PostgreSQL would not print', () => {
    expect(parseLsn('16/b374d848')).toBe('16/B374D848');
    for (const text of ['16', '16/', '1/123456789', 'x/1']) expect(() => parseLsn(text)).toThrow();
  });
});

describe('did you mean', () => {
  it('finds the near name and stays silent when none is near', () => {
    expect(closest('swichover', ['switchover', 'status'])).toBe('switchover');
    expect(closest('pg_mayor', ['pg_major', 'members'])).toBe('pg_major');
    expect(closest('xyz', ['switchover', 'status'])).toBeUndefined();
  });
});
