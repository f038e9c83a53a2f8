import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bootId, isAlive, ownIdentity, processStat, sameProcess } from '../../../src/journal/process-identity.ts';

describe('the identity of a process', () => {
  it('is alive while the process runs, and not a moment longer', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const identity = { boot_id: bootId(), pid, start_time: processStat(pid)?.start_time ?? 0 };
    expect(isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(identity)).toBe(false);
  });

  it('is not that of another process under the same pid, nor of another boot', () => {
    const own = ownIdentity();
    expect(isAlive(own)).toBe(true);
    expect(sameProcess(own, ownIdentity())).toBe(true);
    expect(isAlive({ ...own, start_time: own.start_time + 1 })).toBe(false);
    expect(isAlive({ ...own, boot_id: 'another' })).toBe(false);
    expect(isAlive({ ...own, pid: 2 ** 22 + 1 })).toBe(false);
  });

  it('is read right from a program whose name has blanks and parentheses', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'pgdba-name-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const program = join(directory, 'a) S 1 (b');
    copyFileSync('/bin/sleep', program);
    const child = spawn(program, ['60'], { stdio: 'ignore', detached: true });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    const stat = processStat(child.pid ?? 0);
    expect(stat).toMatchObject({ state: expect.stringMatching(/^[RSD]$/), group: child.pid });
    expect(stat?.start_time).toBeGreaterThanOrEqual(ownIdentity().start_time);
  });
});
