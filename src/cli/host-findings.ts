import { describe, PgdbaError } from '../errors/pgdba-error.ts';
import { ensureHome } from '../inventory/home.ts';
import type { Invocation } from './invocation.ts';
import type { HostLook } from './services.ts';

export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  /** What was found, or what is wrong. */
  readonly found: string;
  readonly hint: string;
}

export interface HostFindings {
  readonly findings: readonly Finding[];
  readonly found: Readonly<Record<string, string>>;
  readonly pg_majors: readonly number[];
}

const portsNeeded = 10;
/** No pgdba was released before this; a clock that shows less is wrong. */
const earliest = Date.parse('2025-01-01T00:00:00Z');

/** Looks at this host: Node.js, the home, the clock, and what the provider needs. */
export async function hostFindings(invocation: Invocation, provider: string): Promise<HostFindings> {
  const own = [nodeVersion(), await homeWritable(invocation), await clockSane(invocation)];
  const host = await invocation.services.host(provider);
  const { problems, found, pg_majors } = await host.checkHost(null);
  const theirs = problems.map(({ what, hint }) => ({ check: what, ok: false, found: 'missing', hint }));
  return { findings: [...own, await portsFree(host), ...theirs], found, pg_majors };
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { check: 'Node.js', ok, found: process.versions.node, hint: ok ? '' : 'install Node.js 20.19 or newer' };
}

async function homeWritable({ home }: Invocation): Promise<Finding> {
  try {
    await ensureHome(home);
    return { check: 'home', ok: true, found: home, hint: '' };
  } catch (thrown) {
    const hint = thrown instanceof PgdbaError ? thrown.hint : '';
    return { check: 'home', ok: false, found: describe(thrown), hint };
  }
}

async function clockSane({ services }: Invocation): Promise<Finding> {
  const now = Date.now();
  const [last] = await services.store().then(
    (store) => store.list({ limit: 1 }),
    () => [],
  );
  const behind = last !== undefined && Date.parse(last.started_at) > now + 60_000;
  const ok = now > earliest && !behind;
  const found = new Date(now).toISOString();
  const why = behind ? `${found}, but the last run began at ${last.started_at}` : found;
  return { check: 'clock', ok, found: why, hint: ok ? '' : 'set the clock of this host, best by NTP' };
}

async function portsFree(host: HostLook): Promise<Finding> {
  try {
    const ports = await host.freePorts(portsNeeded);
    return { check: 'free ports', ok: true, found: ports.join(', '), hint: '' };
  } catch (thrown) {
    const hint = 'close programs that listen on many ports, or widen net.ipv4.ip_local_port_range';
    return { check: 'free ports', ok: false, found: describe(thrown), hint };
  }
}
