import { describe, expect, it } from 'vitest';
import { renderTable } from '../../../src/output/table.ts';
import { textWidth } from '../../../src/output/text-width.ts';

const plain = { width: 100, colour: false };

describe('renderTable', () => {
  it('shows plain values as a block and lists of objects as aligned columns under their name', () => {
    const status = {
      cluster_name: 'demo',
      healthy: true,
      lag_bytes: null,
      members: [
        { name: 'n1', role: 'leader', port: 5432, lag: 0 },
        { name: 'n2', role: 'replica', port: 15433, lag: 16384 },
      ],
    };
    expect(renderTable(status, plain)).toBe(
      [
        'cluster name  demo',
        'healthy       yes',
        'lag bytes     -',
        '',
        'members:',
        'name  role      port    lag',
        'n1    leader    5432      0',
        'n2    replica  15433  16384',
        '',
      ].join('\n'),
    );
  });

  it('leaves the name out when a list is all there is, and columns in which nobody has anything', () => {
    const runs = [
      { id: '01KAGX2Q9T4E8R7W6Z5Y3V1B0N', status: 'succeeded', reason: null, started_at: '2026-11-20T12:03:04.123Z' },
    ];
    expect(renderTable({ runs }, plain)).toBe(
      ['id        status     started at', '5Y3V1B0N  succeeded  2026-11-20 12:03:04Z', ''].join('\n'),
    );
  });

  it('goes on below in its own column with text that is longer than its room', () => {
    const rows = [
      { id: 'assert@1', summary: 'Go on only if every expression is true.' },
      { id: 'wait@1', summary: 'Wait.' },
    ];
    expect(renderTable({ rows }, { width: 34, colour: false })).toBe(
      [
        'id        summary',
        'assert@1  Go on only if every',
        '          expression is true.',
        'wait@1    Wait.',
        '',
      ].join('\n'),
    );
  });

  it('says when a list is empty', () => {
    expect(renderTable({ runs: [] }, plain)).toBe('(none)\n');
  });

  it('stays within its width, taking from the widest column', () => {
    const rows = [{ name: 'a', summary: 'x'.repeat(300), note: 'y y '.repeat(200) }];
    for (const line of renderTable({ rows }, plain).trimEnd().split('\n'))
      expect(textWidth(line)).toBeLessThanOrEqual(100);
    expect(renderTable({ rows }, plain)).toContain('…');
  });

  it('wraps long values of a block instead of cutting them', () => {
    const text = Array.from({ length: 40 }, (_, at) => `word${at}`).join(' ');
    const lines = renderTable({ summary: text }, plain).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.map((line) => line.slice(9)).join(' ')).toBe(text);
  });

  it('aligns wide and combining characters by the columns they take', () => {
    const [, first = '', second = ''] = renderTable(
      {
        rows: [
          { a: '東京', b: 'x' },
          { a: 'é', b: 'y' },
        ],
      },
      plain,
    ).split('\n');
    expect(textWidth(first.slice(0, first.indexOf('x')))).toBe(textWidth(second.slice(0, second.indexOf('y'))));
  });

  it('lets no control character of the world reach the terminal', () => {
    expect(renderTable({ name: 'a\u001b[31mb\rc' }, plain)).toBe('name  a [31mb c\n');
  });

  it('shows short nested values inline, deeper and longer ones as blocks, texts as they are', () => {
    const value = {
      labels: { env: 'test' },
      tags: ['a', 'b'],
      none: [],
      plan: { steps: ['x'], limits: { cpu: 2 } },
      source: 'tasks:\n  - id: a\n',
    };
    expect(renderTable(value, plain)).toBe(
      [
        'labels  env=test',
        'tags    a, b',
        'none    -',
        '',
        'plan:',
        'steps   x',
        'limits  cpu=2',
        '',
        'source:',
        'tasks:',
        '  - id: a',
        '',
      ].join('\n'),
    );
  });
});
