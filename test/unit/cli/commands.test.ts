import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandIndex } from '../../../src/cli/command-index.ts';
import { plainCommands } from '../../../src/cli/plain-commands.ts';
import type { Services } from '../../../src/cli/services.ts';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import type { Cluster } from '../../../src/inventory/cluster.ts';
import type { JournalStore, RunSummary } from '../../../src/journal/store.ts';
import { failing } from '../output/a-run.ts';
import { pgdba, report, runId, sink, verbs } from './a-program.ts';

const summary: RunSummary = {
  id: runId,
  playbook: 'init-cluster',
  version: '1.0.0',
  cluster: 'demo',
  status: 'running',
  changed: null,
  actor: 'alice',
  reason: null,
  started_at: '2026-11-20T12:03:04.000Z',
  ended_at: null,
  parent: null,
};

const demo: Cluster = {
  id: '01KAGX2Q9T4E8R7W6Z5Y3V1B0C',
  name: 'demo',
  provider: 'local',
  managed: true,
  protected: false,
  environment: null,
  labels: {},
  system_identifier: '7301',
  pg_major: 17,
  directory: '/srv/demo',
  members: [
    { name: 'n1', host: '127.0.0.1', port: 5432, rest_port: 8008 },
    { name: 'n2', host: '127.0.0.1', port: 5433, rest_port: 8009 },
  ],
  services: [{ name: 'pooler', kind: 'pgbouncer', host: '127.0.0.1', port: 6432, peer_port: null }],
  secrets: {},
  created_at: '2026-11-20T12:03:04.000Z',
  created_by_run: runId,
};

/** A journal store that answers what it is given; the real one has its own tests. */
function store(answers: Partial<JournalStore>): Partial<Services> {
  const whole = {
    resolve: async () => runId,
    list: async () => [summary],
    read: async () => failing,
    guards: async () => [],
    summary: async () => ({ ...summary, pid: null }),
    ...answers,
  };
  const scan = async function* () {
    yield* await whole.read('');
  };
  return { store: async () => ({ scan, ...whole }) as JournalStore };
}

const inventory = (...clusters: Cluster[]): Partial<Services> => ({
  inventory: async () => ({ list: async () => clusters, read: async () => clusters[0] ?? null }),
});

async function freshHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'pgdba-doctor-'));
  onTestFinished(() => rm(home, { recursive: true }));
  return home;
}

const data = (call: { stdout: string }) => JSON.parse(call.stdout).data;

describe('plain commands', () => {
  it('all have a file, and every file is listed', () => {
    const listed = plainCommands.map(({ verb }) => verb).filter((verb) => verb !== 'run');
    expect(Object.keys(commandIndex).sort()).toEqual([...listed].sort());
  });

  it('playbook list asks for nothing but the verbs', async () => {
    expect(data(await pgdba(['playbook', 'list'])).playbooks).toEqual([
      expect.objectContaining({ name: 'failover', commands: ['failover trigger --force'] }),
      expect.objectContaining({ name: 'init-cluster', version: '1.0.0', risk: 'safe', commands: ['cluster init'] }),
      expect.objectContaining({ name: 'switchover', commands: ['failover trigger', 'switchover'] }),
    ]);
  });

  it('runs list hands limit and cluster to the index', async () => {
    const asked: unknown[] = [];
    const list: JournalStore['list'] = async (options) => {
      asked.push(options);
      return [summary];
    };
    const call = await pgdba(['runs', 'list', '--limit', '5', '--cluster', 'demo'], { services: store({ list }) });
    expect(data(call)).toEqual({ runs: [summary] });
    expect(asked).toEqual([{ limit: 5, cluster: 'demo', children: false }]);
    // A cluster that only the environment names is no filter.
    await pgdba(['runs', 'list'], { services: store({ list }), env: { PGDBA_CLUSTER_NAME: 'demo' } });
    expect(asked[1]).toEqual({ limit: 20, children: false });
    await pgdba(['runs', 'list', '--all', '--status', 'waiting'], { services: store({ list }) });
    expect(asked[2]).toEqual({ limit: 20, children: true, status: 'waiting' });
    const typo = await pgdba(['runs', 'list', '--status', 'fialed'], { services: store({ list }) });
    expect(typo).toMatchObject({ exit: 2, stderr: expect.stringContaining('did you mean failed?') });
  });

  it('runs show folds the journal, and asks the index about a run without an end', async () => {
    expect(data(await pgdba(['runs', 'show', 'last'], { services: store({}) }))).toMatchObject({
      id: runId,
      status: 'rolled-back',
      rollback: [{ id: 'members', item: 'n1' }],
    });
    const read = async () => failing.slice(0, 3);
    expect(data(await pgdba(['runs', 'show', 'last'], { services: store({ read }) })).status).toBe('running');
  });

  it('runs verify tells what was proved', async () => {
    const verify = async () => ({ records: 15, head: 'ab', torn_bytes: 0 });
    expect(data(await pgdba(['runs', 'verify', '5Y3V'], { services: store({ verify }) }))).toEqual({
      id: runId,
      valid: true,
      records: 15,
      head: 'ab',
      torn_bytes: 0,
    });
  });

  it('runs resume drives the run that is meant, with the consent of this call', async () => {
    const call = await pgdba(['runs', 'resume', 'last', '--name', 'demo', '--confirm'], { services: store({}) });
    expect(call.resumes).toEqual([
      {
        run: runId,
        yes: false,
        confirm: true,
        name: 'demo',
        named: true,
        decisions: new Map(),
        drift: null,
        newVersion: false,
        waitMs: null,
        retry: 'pgdba runs resume last --name demo --confirm',
      },
    ]);
    expect(JSON.parse(call.stdout).run.status).toBe('succeeded');
  });

  it('cluster list shows what is known', async () => {
    expect(data(await pgdba(['cluster', 'list'], { services: inventory(demo) })).clusters).toMatchObject([
      { name: 'demo', managed: true, members: ['n1', 'n2'], poolers: ['pooler'] },
    ]);
  });

  it('cluster dsn names the passfile and prints no password', async () => {
    const pooled = 'postgresql://app@127.0.0.1:6432/app?passfile=%2Fsrv%2Fdemo%2Fclient%2Fpgpass';
    const direct =
      'postgresql://app@127.0.0.1:5432,127.0.0.1:5433/app?target_session_attrs=read-write&passfile=%2Fsrv%2Fdemo%2Fclient%2Fpgpass';
    const call = await pgdba(['cluster', 'dsn'], { services: inventory(demo) });
    expect(data(call)).toEqual({
      cluster: 'demo',
      dsn: pooled,
      direct_dsn: direct,
      user: 'app',
      passfile: '/srv/demo/client/pgpass',
      poolers: [{ name: 'pooler', host: '127.0.0.1', port: 6432 }],
    });
    expect(data(await pgdba(['cluster', 'dsn', '--direct'], { services: inventory(demo) })).dsn).toBe(direct);
    const none = await pgdba(['cluster', 'dsn', '--name', 'dmo'], { services: inventory(demo) });
    expect(none.exit).toBe(2);
    expect(JSON.parse(none.stdout)).toMatchObject({ code: 'CLUSTER_UNKNOWN', hint: 'did you mean demo?' });
  });

  describe('doctor', () => {
    const host = (problems: { what: string; hint: string; kind: 'binary' }[]): Partial<Services> => ({
      ...store({ list: async () => [] }),
      host: async () => ({
        checkHost: async () => ({ problems, found: { patroni: '4.0' }, pg_majors: [17] }),
        freePorts: async (count) => Array.from({ length: count }, (_, at) => 40000 + at),
      }),
    });

    it('is content when nothing is missing', async () => {
      const env = { PGDBA_HOME: await freshHome() };
      const call = await pgdba(['doctor'], { services: host([]), env });
      expect(call.exit).toBe(0);
      expect(data(call)).toMatchObject({ ok: true, provider: 'local', pg_majors: [17], lacking: [] });
      expect(data(call).checks.map(({ check }: { check: string }) => check)).toEqual([
        'Node.js',
        'home',
        'clock',
        'free ports',
      ]);
    });

    it('ends with 1 and says what is missing, what to do, and which verbs need it', async () => {
      const problems = [{ what: 'etcd: not found', hint: 'apt-get install etcd-server', kind: 'binary' as const }];
      const env = { PGDBA_HOME: await freshHome() };
      const call = await pgdba(['doctor'], { services: host(problems), env });
      expect(call.exit).toBe(1);
      expect(JSON.parse(call.stdout)).toMatchObject({
        success: false,
        code: 'BINARY_MISSING',
        hint: 'apt-get install etcd-server',
        data: { ok: false, lacking: [{ verb: 'cluster init', lacks: ['etcd: not found'] }] },
      });
    });
  });
});

describe('help', () => {
  it('of an area lists its verbs', async () => {
    const call = await pgdba(['runs']);
    expect(call).toMatchObject({ exit: 0, stderr: '' });
    expect(call.stdout).toContain('runs show ');
    expect((await pgdba(['cluster', '--help'])).stdout).toContain('cluster init ');
  });

  it.each(verbs.map(({ verb }) => verb))('of %s fits 100 columns and shows an example', async (verb) => {
    const call = await pgdba([...verb.split(' '), '--help']);
    expect(call.exit).toBe(0);
    expect(call.stdout).toContain(`Usage: pgdba ${verb}`);
    expect(call.stdout).toMatch(/\nExamples:\n {2}pgdba /);
    for (const line of call.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('of a playbook verb describes its inputs, its flags and its risk', async () => {
    const { stdout } = await pgdba(['failover', 'trigger', '--help']);
    expect(stdout).toMatch(/--max-lag <bytes> +What max_lag means\. \(default: 1MiB\)/);
    expect(stdout).toMatch(/--drain +What drain means\. \(also --no-drain; default: true\)/);
    expect(stdout).toContain('Runs the playbook switchover 1.0.0 (disruptive).');
    expect(stdout).toContain('failover trigger --force: ');
  });
});

describe('while a run is driven', () => {
  it('--events streams the records as written, the envelope last, one per line', async () => {
    const call = await pgdba(['switchover', '--events', '--quiet'], {
      run: async ({ observer }) => {
        for (const record of failing) observer.onRecord(record);
        return report();
      },
    });
    const lines = call.stdout.trimEnd().split('\n');
    expect(lines.slice(0, -1)).toEqual(failing.map((record) => JSON.stringify(record)));
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ success: true, command: 'switchover' });
  });

  it('nobody is asked without a terminal', async () => {
    await pgdba(['switchover'], {
      run: async ({ prompt }) => {
        expect(prompt).toBeNull();
        return report();
      },
    });
  });

  it.each([
    ['y', true],
    ['', false],
    ['no', false],
  ])('on a terminal %j answers %s', async (typed, answer) => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const stderr = sink({ columns: 100, rows: 40 });
    await pgdba(['switchover', '--quiet'], {
      io: { stdin, stderr },
      run: async ({ prompt, signal }) => {
        const asked = prompt?.yesNo('Run switchover on demo?', ['n1 → n2'], signal);
        stdin.write(`${typed}\n`);
        expect(await asked).toBe(answer);
        return report();
      },
    });
    expect(stderr.text()).toContain('n1 → n2\nRun switchover on demo? [y/N] ');
  });

  it.each(['Ctrl-C', 'Ctrl-D'])(
    'what is said after a question that ended with %s has a line of its own',
    async (key) => {
      const stdin = Object.assign(new PassThrough(), { isTTY: true });
      const stderr = sink({ columns: 100, rows: 40 });
      const interrupt = new AbortController();
      await pgdba(['switchover', '--quiet'], {
        io: { stdin, stderr },
        run: async ({ prompt }) => {
          const asked = prompt?.yesNo('Run switchover on demo?', [], interrupt.signal);
          setImmediate(() => (key === 'Ctrl-C' ? interrupt.abort() : stdin.end()));
          expect(await asked).toBe(false);
          throw new PgdbaError('DECLINED');
        },
      });
      expect(stderr.text()).toMatch(/\[y\/N\] \r?\nerror DECLINED/);
    },
  );

  it('destructive work is agreed to by typing the exact name', async () => {
    const ask = async (typed: string) => {
      const stdin = Object.assign(new PassThrough(), { isTTY: true });
      const answers: (boolean | undefined)[] = [];
      await pgdba(['switchover', '--quiet'], {
        io: { stdin, stderr: sink({ columns: 100, rows: 40 }) },
        run: async ({ prompt, signal }) => {
          stdin.end(typed);
          answers.push(await prompt?.typed('Type demo to go on', 'demo', [], signal));
          return report();
        },
      });
      return answers[0];
    };
    expect(await ask('demo\n')).toBe(true);
    expect(await ask('Demo\n')).toBe(false);
    expect(await ask('')).toBe(false);
  });
});
