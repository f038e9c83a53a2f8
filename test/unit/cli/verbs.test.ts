import { describe, expect, it } from 'vitest';
import type { PlanAnswer } from '../../../src/cli/services.ts';
import { failure, input, pgdba, report, runId } from './a-program.ts';

const set = (call: { requests: readonly { set: ReadonlyMap<string, { value: string }> }[] }) =>
  Object.fromEntries([...(call.requests[0]?.set ?? [])].map(([name, { value }]) => [name, value]));

describe('verbs that start a playbook', () => {
  it('turn options into inputs, as typed', async () => {
    const call = await pgdba(['failover', 'trigger', '--name', 'demo', '--max-lag', '2MiB', '--no-drain', '--yes']);
    expect(call.exit).toBe(0);
    expect(set(call)).toEqual({ max_lag: '2MiB', drain: 'false' });
    expect(call.requests[0]).toMatchObject({
      playbook: 'switchover',
      target: { name: 'demo', named: true, patroni_url: null, provider: null },
      yes: true,
      confirm: false,
      waitMs: null,
      retry: 'pgdba failover trigger --name demo --max-lag 2MiB --no-drain --yes',
    });
  });

  it('send nothing for what was not typed, so that defaults stay with the playbook', async () => {
    expect(set(await pgdba(['switchover', '-c', 'demo']))).toEqual({});
  });

  it('take lists by comma and by repetition, and bare booleans', async () => {
    const call = await pgdba(['switchover', '--members', 'n1,n2', '--members', 'n3', '--drain']);
    expect(set(call)).toEqual({ members: 'n1,n2,n3', drain: 'true' });
  });

  it('take --set beside options, and refuse an input that is given twice', async () => {
    expect(set(await pgdba(['switchover', '--set', 'candidate=n2', '--set', 'max-lag=0']))).toEqual({
      candidate: 'n2',
      max_lag: '0',
    });
    const twice = await pgdba(['switchover', '--set', 'candidate=n2', '--candidate', 'n3']);
    expect(twice.exit).toBe(2);
    expect(JSON.parse(twice.stdout).error).toBe('candidate is given twice: by --set candidate and by --candidate');
  });

  it('are selected by their flag wherever it stands', async () => {
    const call = await pgdba(['failover', 'trigger', '--name', 'demo', '--force', '--confirm']);
    expect(call.requests[0]).toMatchObject({ playbook: 'failover', confirm: true });
    expect(JSON.parse(call.stdout).command).toBe('failover trigger');
  });

  it('take global options before the verb', async () => {
    const call = await pgdba(['--name', 'demo', '--wait=90s', 'switchover', '--reason', 'ticket 7']);
    expect(call.requests[0]).toMatchObject({
      target: { name: 'demo', named: true },
      waitMs: 90_000,
      reason: 'ticket 7',
    });
    expect(call.requests[0]?.retry).toBe("pgdba --name demo --wait=90s switchover --reason 'ticket 7'");
  });

  it('count a cluster from the environment as not named', async () => {
    const call = await pgdba(['switchover'], { env: { PGDBA_CLUSTER_NAME: 'demo' } });
    expect(call.requests[0]?.target).toMatchObject({ name: 'demo', named: false });
  });
});

describe('pgdba run', () => {
  it('takes a name with the inputs of its playbook as options, opening no YAML', async () => {
    const call = await pgdba(['run', 'init-cluster', '--members', '5', '--provider', 'local', '--name', 'demo']);
    expect(call.requests[0]).toMatchObject({ playbook: 'init-cluster', target: { provider: 'local', name: 'demo' } });
    expect(set(call)).toEqual({ members: '5' });
    expect(JSON.parse(call.stdout).command).toBe('run');
  });

  it('is what starts a playbook that claims no verb', async () => {
    const { verbs } = await import('./a-program.ts');
    const own = verbs.map((verb) => (verb.verb === 'cluster init' ? { ...verb, verb: 'run init-cluster' } : verb));
    const call = await pgdba(['run', 'init-cluster', '--members', '1'], { program: { verbs: async () => own } });
    expect(call.requests[0]?.playbook).toBe('init-cluster');
    expect(JSON.parse(call.stdout).command).toBe('run');
  });

  it('reads a file only when one of its own options is given', async () => {
    const opened: string[] = [];
    const playbook = async (file: string) => {
      opened.push(file);
      return { inputs: new Map([['size', input('size')]]) } as never;
    };
    expect((await pgdba(['run', './x.yaml', '--name', 'demo'], { program: { playbook } })).exit).toBe(0);
    expect(opened).toEqual([]);
    const call = await pgdba(['run', '--size', '4', './x.yaml'], { program: { playbook } });
    expect(opened).toEqual(['./x.yaml']);
    expect(call.requests[0]?.playbook).toBe('./x.yaml');
    expect(set(call)).toEqual({ size: '4' });
  });

  it('says that a playbook is missing', async () => {
    const call = await pgdba(['run']);
    expect(call.exit).toBe(2);
    expect(JSON.parse(call.stdout)).toMatchObject({ code: 'USAGE', error: "missing required argument 'playbook'" });
  });
});

describe('what was mistyped', () => {
  it('a verb: did you mean, on both streams, exit 2', async () => {
    const call = await pgdba(['failover', 'triger']);
    expect(call.exit).toBe(2);
    expect(JSON.parse(call.stdout)).toMatchObject({
      success: false,
      command: 'failover triger',
      code: 'UNKNOWN_COMMAND',
      error: 'there is no command "failover triger"',
      hint: 'did you mean `pgdba failover trigger`?',
    });
    expect(call.stderr).toBe(
      'error UNKNOWN_COMMAND: there is no command "failover triger"\nHINT: did you mean `pgdba failover trigger`?\n',
    );
  });

  it('an option: did you mean, and no run', async () => {
    const call = await pgdba(['switchover', '--max-lgg', '1MiB']);
    expect(call.exit).toBe(2);
    expect(call.requests).toEqual([]);
    expect(JSON.parse(call.stdout)).toMatchObject({
      code: 'USAGE',
      error: "unknown option '--max-lgg'",
      hint: 'did you mean --max-lag?',
    });
  });

  it.each([
    [['switchover', '--format', 'jsn'], '--format takes json, table, yaml, not "jsn"'],
    [['switchover', '--wait', 'soon'], '"soon" is not a duration'],
    [['switchover', 'demo'], 'too many arguments: expected 0 arguments but got 1'],
    [['switchover', '--name', 'a', '--cluster', 'b'], '--name says a, --cluster says b'],
    [['switchover', '--set', 'candidate'], '--set candidate has no value'],
    [['switchover', '--candidate'], "option '--candidate <member>' argument missing"],
    [
      ['switchover', '--provider', 'dokcer'],
      'provider.type: "dokcer" is not one of docker, baremetal, kubernetes, local',
    ],
    [['runs', 'list', '--limit', '0'], '--limit takes a whole number from 1, not "0"'],
  ])('%j is a usage error', async (argv, error) => {
    const call = await pgdba(argv);
    expect(JSON.parse(call.stdout)).toMatchObject({ success: false, error });
    expect(call.exit).toBe(2);
  });

  it('--override goes to the engine with its reason', async () => {
    const call = await pgdba(['switchover', '--override=topology', '--override', 'reach', '--reason', 'rack 4 is off']);
    expect([...(call.requests[0]?.overrides ?? [])]).toEqual([
      ['topology', 'rack 4 is off'],
      ['reach', 'rack 4 is off'],
    ]);
  });
});

describe('--check', () => {
  const plan: PlanAnswer = {
    playbook: 'switchover',
    version: '1.0.0',
    target: { name: 'demo' },
    stands: null,
    risk: 'disruptive',
    changes: 0,
    tasks: [],
    probes: [],
    refusal: null,
    saved: null,
  };

  it.each(['--check', '--dry-run'])('%s shows the plan and runs nothing', async (option) => {
    const call = await pgdba(['switchover', '--name', 'demo', option], { services: { plan: async () => plan } });
    expect(call.exit).toBe(0);
    expect(JSON.parse(call.stdout)).toMatchObject({ success: true, data: { playbook: 'switchover', changes: 0 } });
    expect(call.requests).toEqual([]);
  });

  it('ends as a refusal, with the plan, when a precheck stands against it', async () => {
    const refusal = {
      code: 'ASSERTION_FAILED',
      class: 'precheck',
      error: 'it is paused',
      facts: {},
      hint: 'resume it',
    } as const;
    const services = { plan: async () => ({ ...plan, refusal }) };
    const call = await pgdba(['switchover', '--name', 'demo', '--check'], { services });
    expect(call.exit).toBe(3);
    expect(JSON.parse(call.stdout)).toMatchObject({ success: false, code: 'ASSERTION_FAILED', data: { changes: 0 } });
  });
});

describe('the answer to a run', () => {
  it('is the whole envelope', async () => {
    const { stdout } = await pgdba(['switchover', '--name', 'demo']);
    const { timestamp, ...rest } = JSON.parse(stdout);
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(rest).toEqual({
      success: true,
      command: 'switchover',
      data: { type: 'switchover', from: 'n1', to: 'n2', outage_ms: 812 },
      run: { id: runId, playbook: 'switchover', version: '1.0.0', cluster: 'demo', status: 'succeeded', changed: true },
    });
  });

  it('carries error, facts, hint and run when it failed', async () => {
    const error = failure('TASK_FAILED', { facts: { task: 'switch', problem: 'no' }, hint: 'pgdba runs resume last' });
    const run = async () => report({ status: 'failed', outputs: null, error });
    const call = await pgdba(['switchover', '--name', 'demo'], { run });
    expect(call.exit).toBe(1);
    expect(JSON.parse(call.stdout)).toMatchObject({
      success: false,
      error: 'task switch failed: no',
      code: 'TASK_FAILED',
      facts: { task: 'switch', problem: 'no' },
      hint: 'pgdba runs resume last',
      run: { status: 'failed' },
    });
    expect(JSON.parse(call.stdout)).not.toHaveProperty('data');
    expect(call.stderr).toMatch(/^✖ switchover on demo: failed, changed, \S+ {2}run 5Y3V1B0N$/m);
    expect(call.stderr).toContain('error TASK_FAILED: task switch failed: no\nHINT: pgdba runs resume last\n');
    expect(call.stderr).not.toContain('    at ');
  });

  it('closes on stderr with one line, the run by its last 8 characters', async () => {
    const { stderr } = await pgdba(['switchover', '--name', 'demo']);
    expect(stderr).toMatch(/^✔ switchover on demo: succeeded, changed, \d+ms {2}run 5Y3V1B0N\n$/);
    expect((await pgdba(['switchover', '--quiet'])).stderr).toBe('');
  });

  it.each([
    ['refused', 3],
    ['declined', 3],
    ['rolled-back', 5],
    ['rollback-failed', 6],
    ['partly-rolled-back', 6],
    ['needs-decision', 7],
    ['drift', 8],
    ['interrupted', 130],
    ['cancelled', 130],
  ] as const)('%s ends with %i', async (status, exit) => {
    expect((await pgdba(['switchover'], { run: async () => report({ status }) })).exit).toBe(exit);
  });

  it.each([
    ['LEASE_BUSY', 4],
    ['CLUSTER_NOT_NAMED', 2],
    ['CONSENT_REQUIRED', 3],
    ['JOURNAL_WRITE_FAILED', 74],
    ['CONNECT_FAILED', 1],
  ] as const)('%s without a run ends with %i', async (code, exit) => {
    const { PgdbaError } = await import('../../../src/errors/pgdba-error.ts');
    const run = async () => {
      throw new PgdbaError(code);
    };
    const call = await pgdba(['switchover'], { run });
    expect(call.exit).toBe(exit);
    expect(JSON.parse(call.stdout)).not.toHaveProperty('run');
  });

  it('is 70 for a defect of our own, with its stack only on demand', async () => {
    const run = async () => {
      throw new TypeError('x is not a function');
    };
    const call = await pgdba(['switchover'], { run });
    expect(call.exit).toBe(70);
    expect(call.stderr).not.toContain('    at ');
    expect((await pgdba(['switchover', '--log-level', 'debug'], { run })).stderr).toContain('    at ');
  });

  it('masks every secret on both streams', async () => {
    const { Redactor } = await import('../../../src/secrets/redactor.ts');
    const redactor = new Redactor();
    redactor.add('hunter2-hunter2');
    const run = async () =>
      report({
        status: 'failed',
        outputs: { dsn: 'x:hunter2-hunter2@y' },
        error: failure('SQL_FAILED', { facts: { server: 'n1', sqlstate: '1', problem: 'hunter2-hunter2' } }),
      });
    const call = await pgdba(['switchover'], { run, program: { redactor } });
    expect(call.stdout + call.stderr).not.toContain('hunter2');
    expect(call.stdout).toContain('x:‹secret›@y');
  });
});
