import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimRun } from '../../../src/journal/claim-run.ts';
import { bootId, ownIdentity, processStat } from '../../../src/journal/process-identity.ts';

describe('the only writer of a journal', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pgdba-claim-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const claim = () => claimRun(directory, 'R');
  const leave = (number: number, owner: object) =>
    writeFileSync(join(directory, `writer.${number}`), JSON.stringify(owner));
  const parent = { boot_id: bootId(), pid: process.ppid, start_time: processStat(process.ppid)?.start_time ?? 0 };
  const dead = { ...parent, start_time: parent.start_time + 1 };

  it('is refused while another process is one', () => {
    leave(0, parent);
    expect(claim).toThrow(expect.objectContaining({ code: 'RUN_ALIVE', facts: { run: 'R', pid: process.ppid } }));
    expect(readdirSync(directory)).toEqual(['writer.0']);
  });

  it('comes after the dead, and leaves their claims in place: who removed them would make room for a second', () => {
    leave(0, dead);
    leave(1, { ...ownIdentity(), boot_id: 'the boot before' });
    const release = claim();
    expect(readdirSync(directory).toSorted()).toEqual(['writer.0', 'writer.1', 'writer.2']);
    release();
    expect(readdirSync(directory).toSorted()).toEqual(['writer.0', 'writer.1']);
  });

  it('is refused behind the dead, too', () => {
    leave(0, dead);
    leave(1, parent);
    expect(claim).toThrow(expect.objectContaining({ code: 'RUN_ALIVE' }));
  });

  it('may open again what it did not close', () => {
    claim();
    expect(claim).not.toThrow();
  });
});
