import { describe, expect, it } from 'vitest';
import type { NewRecord } from '../../../src/journal/record.ts';
import { diffRuns } from '../../../src/report/diff-runs.ts';
import { toHtml } from '../../../src/report/html.ts';
import { toJunit } from '../../../src/report/junit.ts';
import { toMarkdown } from '../../../src/report/markdown.ts';
import { runView } from '../../../src/report/run-view.ts';
import { checked, created, failing, intent, journal, result } from '../output/a-run.ts';
import { reportOf } from './a-report.ts';

const ended: NewRecord<'run.ended'> = {
  type: 'run.ended',
  data: { status: 'succeeded', changed: true, outputs: { leader: 'n2' }, error: null, head: '' },
};
const hold = { ...intent('hold'), data: { ...intent('hold').data, hold: true } };
const released: NewRecord<'hold.released'> = {
  type: 'hold.released',
  task: 'hold',
  data: { by: 'guard', at: '2026-11-20T12:03:08.250Z', why: 'pgdba was gone' },
};
const held = journal(created, checked('hold', 'hold clients'), hold, result('hold', 'changed'), released, ended);

/** Text that would be markup, a table's end, a script or an invisible control where nobody took care. */
const hostile = '</td><script>alert(1)</script> | `x` "q" \u0000\u001b[31m & ]]> <img src=x onerror=y>';
const nasty = journal(
  { ...created, data: { ...created.data, reason: hostile, actor: hostile, inputs: { [hostile]: hostile } } },
  checked('a', hostile, hostile),
  { ...checked('a', hostile, hostile), data: { is: 'change', summary: hostile, diff: `- ${hostile}\n+ ${hostile}` } },
  intent('a', hostile),
  result('a', 'failed', { item: hostile, error: hostile }),
  { ...ended, data: { ...ended.data, outputs: { [hostile]: hostile } } },
);

describe('a run as text for the ticket', () => {
  it('says who, why, what changed, what came of it, and the proof', () => {
    const text = toMarkdown(reportOf(held));
    expect(text).toContain('# init-cluster 1.0.0 on demo: succeeded, changed');
    expect(text).toContain('- **who**: alice on db1\n- **why**: ticket 7');
    expect(text).toContain('- hold: hold clients');
    expect(text).toContain('- **leader**: n2');
    expect(text).toContain('| hold | 2026-11-20 12:03:06Z | 2.3s | guard |');
    expect(text).toContain(`- **head hash**: \`${'ab'.repeat(32)}\``);
  });

  it('gives each error with what to do about it, and what was undone', () => {
    const text = toMarkdown(reportOf(failing));
    expect(text).toContain('- members\\[n2\\]: n2 did not start (TASK_FAILED)');
    expect(text).toContain('| members\\[n1\\] | undone | 900ms | remove n1 |');
  });

  it('keeps hostile text inside its cell', () => {
    const lines = toMarkdown(reportOf(nasty)).split('\n');
    const row = lines.find((line) => line.startsWith('| a\\['));
    expect(row?.match(/(?<!\\)\|/g)).toHaveLength(5);
    expect(lines.join('')).not.toMatch(/(?<!\\)<script|\p{Cc}/u);
  });
});

describe('a run as a JUnit report', () => {
  it('has a case per precheck, task and undoing', () => {
    const xml = toJunit(reportOf(failing));
    expect(xml).toContain('tests="5" failures="1" skipped="1"');
    expect(xml).toContain('<testcase classname="init-cluster.prechecks" name="host" time="0.030"/>');
    expect(xml).toContain('<failure type="TASK_FAILED" message="n2 did not start">');
    expect(xml).toContain('<testcase classname="init-cluster.rollback" name="undo members[n1]" time="0.900"/>');
  });

  it('is well-formed whatever the world said', () => {
    const xml = toJunit(reportOf(nasty));
    expect(xml).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(unbalanced(xml.replace(/<\?xml.*?\?>/, ''))).toEqual([]);
  });
});

describe('a run as a page', () => {
  it('needs nothing but itself: no network, no script', () => {
    for (const records of [held, failing, nasty]) {
      const page = toHtml(reportOf(records));
      expect(page).toContain(`default-src 'none'`);
      expect(page).not.toMatch(/<script|<link|<img|<iframe|src=["']?h|href=|@import|url\(|<[a-z][^>]*\son\w+=/i);
      expect(page).toContain('prefers-color-scheme: dark');
    }
  });

  it('tells who, why, how long clients waited, and the hash to keep', () => {
    const page = toHtml(reportOf(held));
    expect(page).toContain('<dt>Who</dt><dd>alice on db1</dd><dt>Why</dt><dd>ticket 7</dd>');
    expect(page).toContain('<span class="pill good">succeeded, changed</span>');
    expect(page).toMatch(/<td>hold<\/td><td>2026-11-20 12:03:06Z<\/td><td>2\.3s<\/td><td>guard<\/td>/);
    expect(page).toContain('ab'.repeat(32));
  });

  it('draws a bar for what took time, within the page even when the clock jumped back an hour', () => {
    const jumped = held.map((record, at) =>
      at < 3 ? record : { ...record, ts: new Date(Date.parse(record.ts) - 3_600_000).toISOString() },
    );
    for (const records of [held, failing, jumped]) {
      const bars = [...toHtml(reportOf(records)).matchAll(/left:(-?[\d.]+)%;width:([\d.]+)%/g)];
      expect(bars.length).toBeGreaterThan(1);
      for (const [, left, width] of bars) {
        expect(Number(left)).toBeGreaterThanOrEqual(0);
        expect(Number(left) + Number(width)).toBeLessThanOrEqual(100.02);
      }
    }
  });

  it('holds hostile text as text', () => {
    const page = toHtml(reportOf(nasty));
    expect(page).not.toMatch(/<script>alert|(?!\n)\p{Cc}/u);
    expect(unbalanced(page.replace(/<!doctype html>|<meta[^>]*>|<br>|<style>[^<]*<\/style>/g, ''))).toEqual([]);
  });
});

describe('two runs of one playbook', () => {
  it('differ in inputs, outcomes and outputs, and in how long tasks took', () => {
    const a = runView(journal(created, checked('a', 'x'), intent('a'), result('a', 'changed', { ms: 100 }), ended));
    const b = runView(
      journal(
        { ...created, data: { ...created.data, inputs: { members: 3 } } },
        result('a', 'failed', { ms: 400, error: 'no' }),
        result('b', 'ok'),
        { ...ended, data: { ...ended.data, outputs: { leader: 'n3' } } },
      ),
    );
    const diff = diffRuns(a, b);
    expect(diff.differences).toEqual([
      { what: 'input', name: 'members', a: '2', b: '3' },
      { what: 'task', name: 'a', a: 'changed: x', b: 'failed: no' },
      { what: 'task', name: 'b', a: null, b: 'ok' },
      { what: 'output', name: 'leader', a: 'n2', b: 'n3' },
    ]);
    expect(diff.tasks[0]).toEqual({ task: 'a', a: 'changed', b: 'failed', a_ms: 100, b_ms: 400, more_ms: 300 });
    expect(diffRuns(a, a).differences).toEqual([]);
  });
});

/** Tags that are opened and not closed, or closed and not opened. */
function unbalanced(markup: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, close, name = '', , self] of markup.matchAll(
    /<(\/?)([a-z0-9]+)((?:\s+[a-z-]+="[^"<]*")*)\s*(\/?)>/gi,
  )) {
    if (self) continue;
    if (!close) open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open, ...(/<(?!\/?[a-z0-9]+[\s>/])/i.test(markup) ? ['stray <'] : [])];
}
