import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { LiveTree } from '../../../src/output/live-tree.ts';
import { ProgressLines } from '../../../src/output/progress-lines.ts';
import { sink } from '../cli/a-program.ts';
import { checked, created, failing, intent, journal, result, start } from './a-run.ts';

describe('ProgressLines', () => {
  it('tells a run line by line', () => {
    const lines: string[] = [];
    const progress = new ProgressLines({ write: (line) => lines.push(line), now: () => start, quietMs: 0 });
    for (const record of failing) progress.apply(record);
    const clock = /^\d\d:\d\d:\d\d /;
    for (const line of lines) expect(line).toMatch(clock);
    expect(lines.map((line) => line.replace(clock, ''))).toEqual([
      'init-cluster › run 5Y3V1B0N begins, version 1.0.0',
      'init-cluster › host ok in 30ms',
      'init-cluster › adopt skipped: when is false',
      'init-cluster › members[n1] begins: start n1',
      'init-cluster › members[n1] changed in 1.2s: start n1',
      'init-cluster › members[n2] begins: start n2',
      'init-cluster › members[n2] failed in 1.2s: n2 did not start',
      'init-cluster › rollback begins: task members failed',
      'init-cluster › rollback of members[n1]: undone in 900ms',
      'init-cluster › rollback complete',
    ]);
  });

  it('repeats a waiting task at most every so often, and never the same words', () => {
    const lines: string[] = [];
    let now = start;
    const progress = new ProgressLines({ write: (line) => lines.push(line), now: () => now, quietMs: 10_000 });
    const note = (text: string) =>
      progress.note({ task: 'copy', item: 'n2', note: text, done: 1024 ** 2, total: 1024 ** 3, unit: 'bytes' });
    note('copying');
    now += 11_000;
    note('copying');
    now += 1000;
    note('copied');
    now += 10_000;
    note('still copying');
    expect(lines.map((line) => line.slice(9))).toEqual([
      'run › copy[n2]: copying (1 MiB of 1 GiB)',
      'run › copy[n2]: copied (1 MiB of 1 GiB)',
      'run › copy[n2]: still copying (1 MiB of 1 GiB)',
    ]);
  });
});

describe('LiveTree', () => {
  const terminal = () => sink({ columns: 100, rows: 40 });
  const drawn = (stream: ReturnType<typeof sink>) => {
    return stripVTControlCharacters(stream.text()).split('\n');
  };
  const make = (stream: ReturnType<typeof sink>) =>
    new LiveTree({
      terminal: stream as unknown as NodeJS.WriteStream,
      redact: (text) => text,
      now: () => start + 20_000,
    });

  it('leaves the finished tree on the terminal: items below their loop, the rollback by itself', async () => {
    const stream = terminal();
    const tree = make(stream);
    for (const record of failing) tree.apply(record);
    await tree.end();
    expect(
      drawn(stream)
        .slice(-8)
        .map((line) => line.replace(/^(\s*)[^\w\s] /, '$1')),
    ).toEqual(
      [
        'host  ok in 30ms',
        'adopt  skipped: when is false',
        'members  failed: ',
        '  n1  changed in 1.2s: start n1',
        '  n2  failed in 1.2s: n2 did not start',
        'rollback  undone: complete',
        '  members[n1]  undone in 900ms: remove n1',
        '',
      ].map((line) => line.replace(/: $/, '')),
    );
  });

  it('shows the running task with its time and note', async () => {
    const stream = terminal();
    const tree = make(stream);
    for (const record of journal(created, checked('wait', 'start n1'), intent('wait'))) tree.apply(record);
    tree.note({ task: 'wait', item: null, note: 'waiting: n2 is copying', done: null, total: null, unit: null });
    await expect.poll(() => stream.text()).toContain('waiting: n2 is copying');
    expect(stream.text()).toContain('wait  19s: start n1');
    for (const record of journal(created, result('wait', 'changed', { ms: 61_000 }))) tree.apply(record);
    await tree.end();
    expect(drawn(stream).at(-2)).toMatch(/wait {2}changed in 1m 1s: start n1$/);
  });

  it('draws what fits on the screen, the running task among it, and leaves the whole tree', async () => {
    const stream = terminal();
    const tree = make(stream);
    const names = Array.from({ length: 100 }, (_, at) => `t${at}`);
    const [begin, slow, ...done] = journal(created, intent('slow'), ...names.map((name) => result(name, 'changed')));
    for (const record of [begin, slow, ...done]) tree.apply(record as never);
    await expect.poll(() => stream.text()).toContain('t99  changed');
    expect(stream.text()).toContain('slow');
    expect(stream.text()).not.toContain('t50  changed');
    await tree.end();
    const lines = drawn(stream);
    for (const name of names) expect(lines.filter((line) => line.includes(`${name}  changed`))).not.toEqual([]);
  });

  it('leaves the terminal to a question and comes back', async () => {
    const stream = terminal();
    const tree = make(stream);
    for (const record of journal(created, checked('a', 'x'), intent('a'))) tree.apply(record);
    await tree.pause();
    tree.apply(journal(created, result('a', 'changed'))[1] as never);
    const before = stream.text();
    stream.write('Go on? [y/N] ');
    expect(stream.text()).toBe(`${before}Go on? [y/N] `);
    tree.resume();
    await tree.end();
    expect(drawn(stream).at(-2)).toMatch(/a {2}changed in 1.2s: x$/);
  });
});
