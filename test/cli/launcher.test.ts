import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('bin/pgdba', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'pgdba-launcher-'));
    cpSync(join(root, 'bin'), join(home, 'bin'), { recursive: true });
    writeFileSync(join(home, 'package.json'), JSON.stringify({ type: 'module', version: '4.5.6' }));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  /** A built program that prints its words and ends with 7, and the verbs it would know. */
  function build(verbs: readonly object[] = []) {
    mkdirSync(join(home, 'dist', 'src'), { recursive: true });
    const main = 'export const main = async (argv) => { console.log(JSON.stringify(argv)); return 7; };';
    writeFileSync(join(home, 'dist', 'src', 'main.js'), main);
    writeFileSync(join(home, 'dist', 'verbs.json'), JSON.stringify({ verbs }));
  }

  function pgdba(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(home, 'bin', 'pgdba'), ...args], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  it.each(['--version', '-V'])('answers %s even when nothing is built', (flag) => {
    expect(pgdba(flag)).toEqual({ status: 0, stdout: '4.5.6\n', stderr: '' });
  });

  it('says how to build when it is not built, and ends with 70', () => {
    const { status, stdout, stderr } = pgdba('cluster', 'status');
    expect({ status, stdout }).toEqual({ status: 70, stdout: '' });
    expect(stderr).toContain('HINT: npm run build');
  });

  it('hands every word to the program and ends with its code', () => {
    build();
    expect(pgdba('run', 'x.yaml', '--set', 'a=b c')).toEqual({
      status: 7,
      stdout: '["run","x.yaml","--set","a=b c"]\n',
      stderr: '',
    });
  });

  it('reads `help VERB` as `VERB --help`', () => {
    build();
    expect(pgdba('help', 'cluster', 'status').stdout).toBe('["cluster","status","--help"]\n');
  });

  it.each([[[]], [['help']], [['--help']], [['-h']]])('shows the verbs by area for %j, within 100 columns', (args) => {
    const summary = 'Hand the primary role to a healthy standby, without losing a single transaction on the way there.';
    build([
      { verb: 'runs list', kind: 'command', summary: 'List runs.' },
      { verb: 'failover trigger', kind: 'playbook', playbook: 'switchover', summary },
      { verb: 'switchover', kind: 'playbook', playbook: 'switchover', summary },
      { verb: 'paint fence', kind: 'playbook', playbook: 'paint', summary: 'Of no known area.' },
    ]);
    const { status, stdout } = pgdba(...args);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Failover:\n {2}failover trigger, switchover {2}Hand the primary role/m);
    expect(stdout).toMatch(/^Runs:\n {2}runs list +List runs\.$/m);
    expect(stdout).toMatch(/^Also:\n {2}paint fence +Of no known area\.$/m);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});
