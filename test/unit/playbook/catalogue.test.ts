import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPlaybook, shippedPlaybooks, shippedVerbs } from '../../../src/playbook/catalogue.ts';
import { example } from './example.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgdba-catalogue-'));
  ship('handover', example);
  ship('look', example.replace('name: handover', 'name: look').replace(/^command:.*\n/m, ''));
});
afterEach(() => rmSync(folder, { recursive: true }));

function ship(name: string, text: string): void {
  writeFileSync(join(folder, `${name}.yaml`), text);
}

describe('the catalogue', () => {
  it('lists what is shipped, by name', async () => {
    expect((await shippedPlaybooks(folder)).map(({ name }) => name)).toEqual(['handover', 'look']);
  });

  it('finds a playbook by its name', async () => {
    expect(await findPlaybook('handover', folder)).toEqual({
      name: 'handover',
      file: join(folder, 'handover.yaml'),
      source: example,
    });
  });

  it('takes a value with a slash or a YAML ending for a file', async () => {
    expect((await findPlaybook(join(folder, 'look.yaml'), '/nowhere')).name).toBe('look');
    await expect(findPlaybook('handover.yaml', folder)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(findPlaybook('./handover', folder)).rejects.toThrow('cannot read ./handover: there is no such file');
  });

  it('suggests the nearest name', async () => {
    await expect(findPlaybook('handovr', folder)).rejects.toMatchObject({
      code: 'PLAYBOOK_UNKNOWN',
      hint: 'did you mean handover?',
    });
  });

  it('says what is wrong with a file that is a directory, or no text', async () => {
    mkdirSync(join(folder, 'dir.yaml'));
    writeFileSync(join(folder, 'latin1.yaml'), Buffer.from([0x6e, 0xe4, 0x0a]));
    await expect(findPlaybook(join(folder, 'dir.yaml'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(findPlaybook(join(folder, 'latin1.yaml'))).rejects.toThrow('not UTF-8');
  });

  it('makes a verb of every command entry, and `run NAME` of a playbook without one', async () => {
    const verbs = await shippedVerbs(folder);
    expect(verbs.map(({ verb, playbook }) => [verb, playbook])).toEqual([
      ['failover trigger', 'handover'],
      ['handover', 'handover'],
      ['run look', 'look'],
    ]);
    expect(verbs[0]).toMatchObject({
      kind: 'playbook',
      version: '1.2.0',
      risk: 'disruptive',
      target: 'cluster',
      inputs: [
        { name: 'candidate', option: '--candidate', type: 'string', format: 'member', optional: true },
        { name: 'max_lag', option: '--max-lag', default: '1MiB' },
      ],
    });
  });

  it('refuses two playbooks that claim one verb', async () => {
    ship('other', example.replace('name: handover', 'name: other'));
    await expect(shippedVerbs(folder)).rejects.toThrow(
      'verb "failover trigger" is already claimed by playbook handover',
    );
  });

  it('refuses a playbook that is not called as its file', async () => {
    ship('renamed', example.replace(/^command:.*\n/m, ''));
    await expect(shippedVerbs(folder)).rejects.toThrow('the file is called renamed, its playbook handover');
  });
});
