import { closeSync, linkSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../../errors/pgdba-error.ts';
import { syncDirectory } from '../../journal/private-file.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from '../../journal/process-identity.ts';
import { whyFree } from './judge-holder.ts';
import { type LeaseContent, readLease, writeLease } from './lease-file.ts';

/*
 * How a lease file changes hands, and why two racers never both win.
 *
 * Every holding has a nonce that is never used again. The file `<key>` changes in three ways only:
 *   1. absent → X, by link(2) of a finished draft: the system lets one racer win, and nobody sees half a file;
 *   2. X → Y, when X is dead or silent, by rename(2) of a finished draft over it;
 *   3. X → absent, when X is given back, by rename(2) to `<key>.token`, which keeps the token for the next one.
 * For 2 and 3 a racer must own the ticket of X, a symbolic link named after X's nonce (a symbolic link is made with its
 * content in one step), and must have seen X in place *after* it got the ticket. While it owns the ticket nobody else
 * may do 2 or 3 on X, and 1 is impossible since the name is taken. So X is still there when it renames: a slow racer
 * that judged X dead long ago may well get X's ticket, but then finds another nonce in place and goes away. Since X
 * never comes back, the tickets of a replaced X are worthless and are removed.
 *
 * A racer that dies with the ticket must not block the lease: tickets are numbered, and the owner is whoever made
 * number n while the owners of 0 … n−1 are all dead. Dead means dead here (boot, pid, start time), never silent: a dead
 * owner does nothing any more. While X is in place only a living owner removes its own ticket, after which it does
 * nothing more either.
 *
 * Way 1 may use a token that has grown old between reading `<key>.token` and the link; the winner looks at the counter
 * again, which nobody else can now change, and starts over when its token is not the highest.
 */

export type Attempt =
  | {
      readonly is: 'taken';
      readonly fd: number;
      readonly content: LeaseContent;
      readonly from: LeaseContent | undefined;
      readonly why: string;
    }
  | { readonly is: 'busy'; readonly holder: LeaseContent }
  /** Another racer is at work: look again at once. */
  | { readonly is: 'contended'; readonly holder: LeaseContent | undefined };

/** Tries once to take the lease file at `path`; `draft` makes the content for a token. */
export function tryTake(path: string, draft: (token: number) => LeaseContent, now: () => number): Attempt {
  const holder = readLease(path);
  const why = holder && whyFree(holder, now());
  if (holder && why === undefined) return { is: 'busy', holder };
  return tryTakeFrom(path, holder && { holder, why: why ?? '' }, draft, now);
}

/** The same from this holder alone, which was judged free, or from nobody: whoever came meanwhile keeps the lease. */
export function tryTakeFrom(
  path: string,
  judged: { readonly holder: LeaseContent; readonly why: string } | undefined,
  draft: (token: number) => LeaseContent,
  now: () => number,
): Attempt {
  const { holder, why = '' } = judged ?? {};
  const content = draft(Math.max(holder?.token ?? 0, lastToken(path)) + 1);
  const draftPath = hidden(path, content.nonce, 'draft');
  const fd = writeLease(draftPath, content);
  let taken = false;
  try {
    taken = holder ? replace(path, holder, draftPath, now) : put(path, content, draftPath);
    if (!taken) return { is: 'contended', holder };
    syncDirectory(dirname(path));
    return { is: 'taken', fd, content, from: holder, why };
  } finally {
    rmSync(draftPath, { force: true });
    if (!taken) closeSync(fd);
  }
}

/** Gives a lease back. `gone`: it is somebody else's by now. `contended`: a racer has the ticket, try again. */
export function tryGiveBack(path: string, { nonce }: LeaseContent): 'done' | 'gone' | 'contended' {
  return withTicket(path, nonce, () => {
    renameSync(path, `${path}.token`);
    return true;
  });
}

function put(path: string, content: LeaseContent, draftPath: string): boolean {
  try {
    linkSync(draftPath, path);
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') return false;
    throw thrown;
  }
  if (lastToken(path) < content.token) return true;
  withTicket(path, content.nonce, () => {
    rmSync(path);
    return true;
  });
  return false;
}

function replace(path: string, judged: LeaseContent, draftPath: string, now: () => number): boolean {
  const outcome = withTicket(path, judged.nonce, (inPlace) => {
    // A holder that beat in the meantime is silent no more. (The second look also makes sure that the first one did
    // not meet a beat half overwritten.)
    if (whyFree(inPlace, now()) === undefined) return false;
    renameSync(draftPath, path);
    return true;
  });
  return outcome === 'done';
}

/** Lets `change` move the holding `nonce` away from `path`, if it is in place and nobody else may; it says if it did. */
function withTicket(
  path: string,
  nonce: string,
  change: (inPlace: LeaseContent) => boolean,
): 'done' | 'gone' | 'contended' {
  const number = winTicket(path, nonce);
  if (number === undefined) return 'contended';
  let moved = false;
  try {
    const inPlace = readLease(path);
    moved = inPlace?.nonce !== nonce;
    if (!inPlace || moved) return 'gone';
    moved = change(inPlace);
    return moved ? 'done' : 'contended';
  } finally {
    for (let n = moved ? 0 : number; n <= number; n++) rmSync(ticketPath(path, nonce, n), { force: true });
  }
}

/** The number of the ticket that is now ours; undefined while another living racer has it. */
function winTicket(path: string, nonce: string): number | undefined {
  const { boot_id, pid, start_time } = ownIdentity();
  for (let number = 0; ; number++) {
    const ticket = ticketPath(path, nonce, number);
    try {
      symlinkSync(`${boot_id}:${pid}:${start_time}`, ticket);
      return number;
    } catch (thrown) {
      if (systemCode(thrown) !== 'EEXIST') throw thrown;
    }
    const owner = ticketOwner(ticket);
    if (!owner || isAlive(owner)) return undefined;
  }
}

/** Undefined when the ticket is gone. */
function ticketOwner(ticket: string): ProcessIdentity | undefined {
  try {
    const [boot_id = '', pid, start_time] = readlinkSync(ticket).split(':');
    return { boot_id, pid: Number(pid), start_time: Number(start_time) };
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

function lastToken(path: string): number {
  return readLease(`${path}.token`)?.token ?? 0;
}

function ticketPath(path: string, nonce: string, number: number): string {
  return hidden(path, nonce, `ticket.${number}`);
}

function hidden(path: string, nonce: string, what: string): string {
  return join(dirname(path), `.${basename(path)}.${nonce}.${what}`);
}
