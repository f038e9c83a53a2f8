import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { actorOf } from '../../../src/inventory/actor.ts';
import { ensureHome, resolveHome } from '../../../src/inventory/home.ts';

async function world(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'pgdba-home-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('resolveHome', () => {
  it('takes --home, then PGDBA_HOME, then the home of the effective user whatever HOME says', () => {
    const env = { PGDBA_HOME: 'there', HOME: '/home/other' };
    expect(resolveHome({ flag: 'here', env, cwd: '/work' })).toBe('/work/here');
    expect(resolveHome({ flag: null, env, cwd: '/work' })).toBe('/work/there');
    expect(resolveHome({ flag: null, env: { HOME: '/home/other' }, cwd: '/' })).toBe(
      join(userInfo().homedir, '.pgdba'),
    );
  });
});

describe('ensureHome', () => {
  it('makes the directory for its owner alone, parents too', async () => {
    const home = join(await world(), 'a', 'b');
    await ensureHome(home);
    await ensureHome(home);
    expect(await modeOf(home)).toBe(0o700);
  });

  it('closes an empty directory to others, and leaves one with files as it is', async () => {
    const home = await world();
    await chmod(home, 0o777);
    await ensureHome(home);
    expect(await modeOf(home)).toBe(0o700);
    await writeFile(join(home, 'x'), '');
    await chmod(home, 0o755);
    await ensureHome(home);
    expect(await modeOf(home)).toBe(0o755);
  });

  it('refuses a directory with files that others may write into, such as /tmp', async () => {
    const home = await world();
    await mkdir(join(home, 'x'));
    await chmod(home, 0o777);
    await expect(ensureHome(home)).rejects.toMatchObject({
      code: 'HOME_UNUSABLE',
      hint: expect.stringContaining('chmod 700'),
    });
    expect(await modeOf(home)).toBe(0o777);
  });

  it('refuses a file', async () => {
    const file = join(await world(), 'file');
    await writeFile(file, '');
    await expect(ensureHome(file)).rejects.toMatchObject({ code: 'HOME_UNUSABLE' });
    await expect(ensureHome(join(file, 'below'))).rejects.toMatchObject({ code: 'HOME_UNUSABLE' });
  });
});

describe('actorOf', () => {
  it.each([
    [{}, 'alice', 'alice'],
    [{ SUDO_USER: 'alice' }, 'root', 'alice'],
    [{ SUDO_USER: 'mallory' }, 'alice', 'alice'],
    [{ SSH_CONNECTION: '10.0.0.7 50022 10.0.0.1 22' }, 'alice', 'alice from 10.0.0.7'],
    [{ PGDBA_ACTOR: 'backup-bot', SSH_CLIENT: '10.0.0.7 1 22' }, 'alice', 'backup-bot (alice from 10.0.0.7)'],
    [{ PGDBA_ACTOR: 'agent' }, 'alice', 'agent (alice)'],
    [{ PGDBA_ACTOR: '' }, 'alice', 'alice'],
    [{ PGDBA_ACTOR: ' \t' }, 'alice', 'alice'],
    [{ PGDBA_ACTOR: ' agent ' }, 'alice', 'agent (alice)'],
  ])('%j as %s is %s', (env, user, actor) => {
    expect(actorOf(env, user)).toBe(actor);
  });
});
