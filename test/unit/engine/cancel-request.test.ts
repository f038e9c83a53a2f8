import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CancelRequest, requestCancel, requestsDirectory } from '../../../src/engine/cancel-request.ts';
import { watchCancelRequests } from '../../../src/engine/watch-requests.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';
import { until } from '../../harness/until.ts';

const run = '01KAGX2Q9T4E8R7W6Z5Y3V1B0N';
const undo = { how: 'rollback', by: 'bob', why: 'wrong candidate' } as const;

describe('a request from another terminal', () => {
  let home: ScratchHome;
  let directory: string;
  const stops: (() => void)[] = [];
  beforeEach(async () => {
    home = await scratchHome();
    directory = requestsDirectory(home.path, run);
    mkdirSync(dirname(directory), { recursive: true });
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) stop();
    await home.remove();
  });

  function watched(): CancelRequest[] {
    const heard: CancelRequest[] = [];
    stops.push(watchCancelRequests(directory, (request) => heard.push(request)));
    return heard;
  }

  const ask = (what: Parameters<typeof requestCancel>[2] = undo, pid = process.pid) =>
    requestCancel(home.path, run, what, pid);

  it('reaches the driver once, with who, how and why, and its file goes', async () => {
    const heard = watched();
    const placed = ask();
    await until('the request', () => heard.length > 0);
    expect(heard).toEqual([expect.objectContaining(undo)]);
    expect(placed?.taken()).toBe(true);
    expect(placed?.withdraw()).toBe(false);
    ask({ ...undo, how: 'leave' });
    await until('the next', () => heard.length > 1);
    expect(heard[1]?.how).toBe('leave');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('made before the driver began to watch is not missed', () => {
    ask();
    expect(watched()).toEqual([expect.objectContaining(undo)]);
  });

  it('lies in a private file in a private directory', () => {
    ask();
    const [name = ''] = readdirSync(directory);
    expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('can be taken back until the driver has it', () => {
    const placed = ask();
    expect(placed?.taken()).toBe(false);
    expect(placed?.withdraw()).toBe(true);
    expect(watched()).toEqual([]);
  });

  it('to an earlier driver means nothing to the one that resumed the run', async () => {
    const other = spawn('sleep', ['60']);
    try {
      expect(ask(undo, other.pid ?? 0)).not.toBeNull();
      expect(watched()).toEqual([]);
      expect(readdirSync(directory)).toEqual([]);
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('cannot be made to a driver that is gone', async () => {
    const other = spawn('true');
    await new Promise((resolve) => other.once('exit', resolve));
    await until('it to be reaped', () => ask(undo, other.pid ?? 0) === null);
  });

  it('that nobody can read is thrown away, and what is being written is left alone', async () => {
    const heard = watched();
    writeFileSync(join(directory, '.draft'), '{"how":');
    writeFileSync(join(directory, 'torn.json'), '{"how":');
    writeFileSync(join(directory, 'other.json'), '{"how":"explode","by":"eve","driver":{}}');
    await until('both to go', () => readdirSync(directory).length === 1);
    expect(readdirSync(directory)).toEqual(['.draft']);
    expect(heard).toEqual([]);
  });

  it('is heard no more once the driver has stopped listening', async () => {
    const heard = watched();
    for (const stop of stops.splice(0)) stop();
    const placed = ask();
    const later = watched();
    expect(later).toHaveLength(1);
    expect(heard).toEqual([]);
    expect(placed?.taken()).toBe(true);
  });
});
