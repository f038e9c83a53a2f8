import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureHome, ensureReadableHome } from '../../../src/inventory/home.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';

describe('the home of pgdba', () => {
  let scratch: ScratchHome;
  beforeEach(async () => {
    scratch = await scratchHome();
  });
  afterEach(() => scratch.remove());

  it('is made with the parents it lacks, for its owner only', async () => {
    const home = join(scratch.path, 'a', 'b');
    await ensureHome(home);
    expect((await stat(home)).mode & 0o777).toBe(0o700);
    await ensureHome(home);
  });

  it('is refused at once where nothing can be made, as below /proc', async () => {
    await expect(ensureHome('/proc/pgdba/home')).rejects.toMatchObject({ code: 'HOME_UNUSABLE' });
    await writeFile(join(scratch.path, 'file'), '');
    await expect(ensureHome(join(scratch.path, 'file', 'home'))).rejects.toMatchObject({ code: 'HOME_UNUSABLE' });
  });

  it('is left as it is by what only reads', async () => {
    const home = join(scratch.path, 'given');
    await mkdir(home);
    await chmod(home, 0o555);
    await ensureReadableHome(home);
    expect((await stat(home)).mode & 0o777).toBe(0o555);
  });

  it('is refused to readers, too, when others may write into it', async () => {
    const home = join(scratch.path, 'open');
    await mkdir(home);
    await writeFile(join(home, 'something'), '');
    await chmod(home, 0o777);
    await expect(ensureReadableHome(home)).rejects.toMatchObject({ code: 'HOME_UNUSABLE' });
  });

  it('is refused when others may write into it and it is not empty', async () => {
    const home = join(scratch.path, 'shared');
    await mkdir(home);
    await writeFile(join(home, 'something'), '');
    await chmod(home, 0o777);
    await expect(ensureHome(home)).rejects.toMatchObject({
      code: 'HOME_UNUSABLE',
      hint: expect.stringContaining('chmod 700'),
    });
  });
});
