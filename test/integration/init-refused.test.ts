import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localProvider } from '../../src/providers/local/index.ts';
import { pgdba, startPgdba } from '../harness/cli.ts';
import { processesWith } from '../harness/processes.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { until } from '../harness/until.ts';

const init = ['cluster', 'init', '--provider', 'local', '--name', 'odd'];

describe('an init that cannot succeed', () => {
  let home: ScratchHome;
  beforeEach(async () => {
    home = await scratchHome();
  });
  afterEach(async () => {
    await pgdba(home.path, 'cluster', 'destroy', '--name', 'odd', '--confirm');
    await home.remove();
  });
  const clusters = async () => (await pgdba(home.path, 'cluster', 'list')).envelope.data.clusters;

  it('leaves a directory alone that is not ours, and says which', async () => {
    const { directory } = await localProvider({ home: home.path }).placeOf('odd');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'precious'), 'data');
    const { exit, envelope } = await pgdba(home.path, ...init);
    expect([exit, envelope.code]).toEqual([3, 'DIRECTORY_FOREIGN']);
    expect(envelope.facts.directory).toBe(directory);
    expect(readFileSync(join(directory, 'precious'), 'utf8')).toBe('data');
    expect(await clusters()).toEqual([]);
    rmSync(dirname(directory), { recursive: true });
  });

  it('refuses a PostgreSQL that is not installed before anything is made', async () => {
    const { exit, envelope } = await pgdba(home.path, ...init, '--pg-major', '99');
    expect([exit, envelope.code]).toEqual([3, 'BINARY_MISSING']);
    expect(await clusters()).toEqual([]);
  });

  it('refuses hosts, which one machine does not have', async () => {
    const { exit, envelope } = await pgdba(home.path, ...init, '--standbys', 'a,b');
    expect([exit, envelope.code]).toEqual([3, 'ASSERTION_FAILED']);
  });

  it.each([
    [['--members', '0'], 'INPUT_INVALID'],
    [['--members', 'three'], 'INPUT_INVALID'],
    [['--set', 'mebmers=3'], 'INPUT_INVALID'],
    [['--provider', 'docker'], 'NOT_YET'],
    [['--provider', 'dokcer'], 'USAGE'],
    [['--override', 'host'], 'USAGE'],
    [['--override', 'hots', '--reason', 'no'], 'USAGE'],
  ])('answers %j with %s and exit 2', async (argv, code) => {
    const { exit, envelope } = await pgdba(home.path, ...init, ...argv);
    expect([exit, envelope?.code]).toEqual([2, code]);
    expect(envelope.hint).not.toBe('');
  });

  it('rolls back exactly what it made when a port is taken before its server starts', async () => {
    const child = startPgdba(home.path, ...init);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    const file = join(home.path, 'clusters.json');
    const taken = await until('the ports to be chosen', () => (existsSync(file) ? takeLastPort(file) : null));
    try {
      expect(await ended).toBe(5);
    } finally {
      taken.server.close();
    }
    const envelope = JSON.parse(output);
    expect(envelope).toMatchObject({
      success: false,
      code: 'PORT_TAKEN',
      facts: { port: taken.port },
      run: { status: 'rolled-back', changed: false },
    });
    expect(await clusters()).toEqual([]);
    expect(existsSync(taken.directory)).toBe(false);
    expect(processesWith(taken.directory)).toEqual([]);
  });
});

/** Takes the port of the member that starts last: everything else is made by then and must be undone. */
async function takeLastPort(file: string): Promise<{ server: Server; port: number; directory: string }> {
  const { members, directory } = JSON.parse(readFileSync(file, 'utf8')).clusters.odd;
  const { port } = members.at(-1);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return { server, port, directory };
}
