import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import { failed, ofRun, succeeded } from '../../../src/output/envelope.ts';
import { errorText } from '../../../src/output/error-text.ts';
import { Printer } from '../../../src/output/printer.ts';
import { render } from '../../../src/output/render.ts';
import { Redactor } from '../../../src/secrets/redactor.ts';
import { report, sink } from '../cli/a-program.ts';

const now = new Date('2026-11-20T12:03:04.567Z');
const style = { width: 100, colour: false };
const unknown = new PgdbaError('CLUSTER_UNKNOWN', {
  facts: { cluster: 'demp', known: ['demo', 'prod'] },
  hint: 'did you mean demo?',
});

describe('render', () => {
  it('writes json indented by two, keys in the order of the envelope', async () => {
    expect(await render(succeeded('runs list', { runs: [] }, now), 'json', style)).toBe(
      [
        '{',
        '  "success": true,',
        '  "timestamp": "2026-11-20T12:03:04.567Z",',
        '  "command": "runs list",',
        '  "data": {',
        '    "runs": []',
        '  }',
        '}',
        '',
      ].join('\n'),
    );
  });

  it('writes yaml', async () => {
    expect(await render(failed('run', unknown.toData(), now), 'yaml', style)).toBe(
      [
        'success: false',
        'timestamp: 2026-11-20T12:03:04.567Z',
        'command: run',
        'error: there is no cluster "demp"',
        'code: CLUSTER_UNKNOWN',
        'facts:',
        '  cluster: demp',
        '  known:',
        '    - demo',
        '    - prod',
        'hint: did you mean demo?',
        '',
      ].join('\n'),
    );
  });

  it('shows a failure as a table with its run and what it got as far as', async () => {
    const error = new PgdbaError('NOT_VERIFIED', { facts: { why: 'n2 is still a replica' }, hint: 'look again' });
    const envelope = ofRun(
      'switchover',
      report({ status: 'failed', outputs: { from: 'n1' }, error: error.toData() }),
      now,
    );
    expect(await render(envelope, 'table', style)).toBe(
      [
        'error   the change was made but did not show: n2 is still a replica',
        'code    NOT_VERIFIED',
        'hint    look again',
        'run     5Y3V1B0N',
        'status  failed',
        'from    n1',
        '',
      ].join('\n'),
    );
  });
});

describe('errorText', () => {
  it('says code and sentence, the facts that the sentence leaves out, and what to do now', () => {
    expect(errorText(unknown.toData())).toBe(
      'error CLUSTER_UNKNOWN: there is no cluster "demp"\n  known demo, prod\nHINT: did you mean demo?\n',
    );
  });
});

describe('errorText of a playbook', () => {
  it('shows the line, and what else is wrong below it', () => {
    const error = new PgdbaError('PLAYBOOK_INVALID', {
      facts: {
        file: 'x.yaml',
        line: 4,
        col: 3,
        problem: 'there is no key "taks"',
        path: 'taks',
        snippet: '4 | taks:\n  | ^',
        more: ['9:5 there is no step "asert@1" (did you mean assert@1?)'],
      },
      hint: 'did you mean tasks?',
    });
    expect(errorText(error.toData())).toBe(
      [
        'error PLAYBOOK_INVALID: x.yaml:4:3: there is no key "taks"',
        '  4 | taks:',
        '    | ^',
        'also:',
        '  9:5 there is no step "asert@1" (did you mean assert@1?)',
        'HINT: did you mean tasks?',
        '',
      ].join('\n'),
    );
  });
});

describe('Printer', () => {
  it('goes on when nobody reads any more', async () => {
    const stdout = new PassThrough();
    const stderr = sink();
    const printer = new Printer({ stdout, stderr }, new Redactor(), { colour: false });
    stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await new Promise((resolve) => stdout.once('close', resolve));
    await printer.envelope(succeeded('x', {}, now), 'json');
    printer.note('still here\n');
    expect(stderr.text()).toBe('still here\n');
  });
});
