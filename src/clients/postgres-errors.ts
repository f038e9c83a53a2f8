import { describe, PgdbaError, systemCode } from '../errors/pgdba-error.ts';

/** What the server itself said; pg passes it on as properties of the error. */
interface ServerError extends Error {
  readonly code: string;
  readonly severity: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** The SQLSTATE in a thrown value, a PgdbaError included; undefined when no server spoke. */
export function sqlState(thrown: unknown): string | undefined {
  if (thrown instanceof PgdbaError) {
    const { sqlstate } = thrown.facts;
    return typeof sqlstate === 'string' ? sqlstate : undefined;
  }
  return isServerError(thrown) ? thrown.code : undefined;
}

/** How far a login came: the server asked for a password, there was one to give, and it was accepted. */
export interface Login {
  asked: boolean;
  accepted: boolean;
  readonly password: boolean;
}

/** Why a connection could not be opened. */
export function connectError(thrown: unknown, server: string, user: string, login: Login): PgdbaError {
  if (thrown instanceof PgdbaError) return thrown;
  const state = sqlState(thrown);
  const unanswered = login.asked && !login.password;
  // PgBouncer says 08P01 for a wrong password, and for a server it cannot reach once the client is accepted
  const refused = state?.startsWith('28') || (state === '08P01' && login.asked && !login.accepted);
  if (unanswered || refused) {
    return new PgdbaError('AUTH_FAILED', {
      facts: { server, user, sqlstate: state ?? null, problem: unanswered ? 'it wants a password' : describe(thrown) },
      hint: `check the password of ${user} and that pg_hba.conf lets it in`,
      cause: thrown,
    });
  }
  // 3D000 no such database, 42501 no CONNECT right: waiting does not help
  if (state === '3D000' || state === '42501') return statementError(thrown, server, state);
  return new PgdbaError('CONNECT_FAILED', {
    facts: { server, problem: problemOf(thrown), sqlstate: state ?? null, errno: systemCode(thrown) ?? null },
    hint: 'check that the server runs and that its address and port are right',
    cause: thrown,
  });
}

/** The common reasons in words; the address stands in the sentence already. */
function problemOf(thrown: unknown): string {
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nothing listens there',
    ETIMEDOUT: 'no answer',
    EHOSTUNREACH: 'the host cannot be reached',
    ENOTFOUND: 'there is no such host',
  };
  return words[systemCode(thrown) ?? ''] ?? describe(thrown);
}

/** Why a statement failed. `open`: the socket was still usable when the error came. */
export function queryError(thrown: unknown, server: string, open: boolean): PgdbaError {
  if (thrown instanceof PgdbaError) return thrown;
  const state = sqlState(thrown);
  if (state !== undefined && isServerError(thrown)) {
    // PgBouncer's console says 08P01 for any refusal and stays connected: only FATAL and 57P0x end a session.
    const ended =
      ['57P01', '57P02', '57P03'].includes(state) || (state.startsWith('08') && thrown.severity !== 'ERROR');
    return ended ? lost(thrown, server) : statementError(thrown, server, state);
  }
  if (!open || systemCode(thrown) !== undefined) return lost(thrown, server);
  return new PgdbaError('BUG', { facts: { problem: describe(thrown) }, cause: thrown });
}

function statementError(thrown: unknown, server: string, sqlstate: string): PgdbaError {
  const detail = isServerError(thrown) ? (thrown.detail ?? null) : null;
  return new PgdbaError('SQL_FAILED', {
    facts: { server, sqlstate, problem: describe(thrown), detail },
    hint: (isServerError(thrown) && thrown.hint) || `look SQLSTATE ${sqlstate} up in PostgreSQL's list of error codes`,
    cause: thrown,
  });
}

function lost(thrown: unknown, server: string): PgdbaError {
  return new PgdbaError('CONNECTION_LOST', {
    facts: { server, problem: describe(thrown), sqlstate: sqlState(thrown) ?? null },
    hint: 'look at the server again before repeating a statement that changes something',
    cause: thrown,
  });
}

function isServerError(thrown: unknown): thrown is ServerError {
  return (
    thrown instanceof Error &&
    'severity' in thrown &&
    'code' in thrown &&
    typeof thrown.code === 'string' &&
    /^[0-9A-Z]{5}$/.test(thrown.code)
  );
}

/** A caller that no longer waits: its own reason, or CONNECTION_LOST. */
export function abortError(
  signal: AbortSignal,
  server: string,
  problem = 'pgdba gave up waiting and closed the connection',
): unknown {
  const reason: unknown = signal.reason;
  if (reason instanceof PgdbaError) return reason;
  return new PgdbaError('CONNECTION_LOST', {
    facts: { server, problem },
    hint: 'look at the server again before repeating a statement that changes something',
    cause: reason,
  });
}
