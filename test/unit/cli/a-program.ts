import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { runCli } from '../../../src/cli/main.ts';
import { plainCommands } from '../../../src/cli/plain-commands.ts';
import type { ProcessIo } from '../../../src/cli/process-io.ts';
import type {
  CancelRunRequest,
  Program,
  ResumeRequest,
  RunIo,
  RunRequest,
  Services,
} from '../../../src/cli/services.ts';
import type { PlaybookVerb, Verb } from '../../../src/cli/verb.ts';
import type { RunReport } from '../../../src/engine/report.ts';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import type { Input } from '../../../src/playbook/input.ts';
import { Redactor } from '../../../src/secrets/redactor.ts';

export const runId = '01KAGX2Q9T4E8R7W6Z5Y3V1B0N';

export function input(name: string, rest: Partial<Input> = {}): Input {
  return {
    name,
    type: 'string',
    items: null,
    format: null,
    enum: null,
    pattern: null,
    minimum: null,
    maximum: null,
    default: undefined,
    optional: true,
    description: `What ${name} means.`,
    ...rest,
  };
}

const switchover: PlaybookVerb = {
  kind: 'playbook',
  verb: 'failover trigger',
  playbook: 'switchover',
  version: '1.0.0',
  summary: 'Hand the primary role to a healthy standby, without losing a transaction.',
  risk: 'disruptive',
  target: 'cluster',
  inputs: [
    input('candidate', { format: 'member' }),
    input('max_lag', { format: 'bytes', default: '1MiB' }),
    input('drain', { type: 'boolean', default: true }),
    input('members', { type: 'array', items: { type: 'string', format: null } }),
  ],
};

export const verbs: readonly Verb[] = [
  switchover,
  { ...switchover, verb: 'switchover' },
  { ...switchover, verb: 'failover trigger --force', playbook: 'failover', risk: 'destructive', inputs: [] },
  {
    ...switchover,
    verb: 'cluster init',
    playbook: 'init-cluster',
    risk: 'safe',
    target: 'new-cluster',
    inputs: [input('members', { type: 'integer', default: 3 })],
  },
  ...plainCommands,
];

export interface Call {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly requests: readonly RunRequest[];
  readonly resumes: readonly ResumeRequest[];
  readonly cancels: readonly CancelRunRequest[];
  /** What the program was asked for, in order. */
  readonly asked: readonly string[];
}

export interface Given {
  readonly services?: Partial<Services>;
  readonly program?: Partial<Program>;
  readonly io?: Partial<ProcessIo>;
  readonly env?: Record<string, string>;
  readonly run?: (io: RunIo, request: RunRequest) => Promise<RunReport>;
}

/**
 * Calls pgdba in this process. The services are stand-ins for the engine, the journal and the provider, which have
 * tests of their own on real servers: here only parsing and printing are looked at.
 */
export async function pgdba(argv: readonly string[], given: Given = {}): Promise<Call> {
  const requests: RunRequest[] = [];
  const resumes: ResumeRequest[] = [];
  const cancels: CancelRunRequest[] = [];
  const asked: string[] = [];
  const stdout = sink();
  const stderr = sink();
  const unexpected = (what: string) => async (): Promise<never> => {
    throw new Error(`nothing should ask for ${what} here`);
  };
  const program: Program = {
    version: '0.1.0',
    redactor: new Redactor(),
    verbs: async () => verbs,
    playbook: unexpected('a playbook'),
    registry: unexpected('the steps'),
    open: (place) => ({
      ...place,
      store: unexpected('the journals'),
      inventory: unexpected('the inventory'),
      host: unexpected('the host'),
      run: async (request, io) => {
        requests.push(request);
        return (given.run ?? (async () => report()))(io, request);
      },
      plan: unexpected('a plan'),
      resume: async (request) => {
        resumes.push(request);
        return report();
      },
      rollback: unexpected('a rollback'),
      notifyTest: unexpected('a notification'),
      cancel: async (request) => {
        cancels.push(request);
        return report({ status: 'cancelled' });
      },
      ...given.services,
    }),
    ...given.program,
  };
  const io: ProcessIo = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    // A home that is not there: nothing here may need one, unless the test names it.
    env: { PGDBA_HOME: '/nonexistent/pgdba', ...given.env },
    cwd: '/nonexistent',
    exit: (code) => asked.push(`exit ${code}`),
    signals: new EventEmitter(),
    ...given.io,
  };
  const exit = await runCli(argv, program, io);
  return { exit, stdout: stdout.text(), stderr: stderr.text(), requests, resumes, cancels, asked };
}

export function report(rest: Partial<RunReport> = {}): RunReport {
  return {
    id: runId,
    playbook: 'switchover',
    version: '1.0.0',
    cluster: 'demo',
    status: 'succeeded',
    changed: true,
    outputs: { type: 'switchover', from: 'n1', to: 'n2', outage_ms: 812 },
    error: null,
    ...rest,
  };
}

export function failure(
  code: ConstructorParameters<typeof PgdbaError>[0],
  options: ConstructorParameters<typeof PgdbaError>[1],
) {
  return new PgdbaError(code, options).toData();
}

export type Sink = Writable & { text(): string; isTTY?: boolean; columns?: number; rows?: number };

export function sink(terminal?: { columns: number; rows: number }): Sink {
  let text = '';
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      done();
    },
  });
  return Object.assign(stream, { text: () => text, ...(terminal ? { isTTY: true, ...terminal } : {}) });
}
