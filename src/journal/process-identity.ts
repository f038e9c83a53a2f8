import { readFileSync } from 'node:fs';
import { systemCode } from '../errors/pgdba-error.ts';

/** Names one process for ever: a pid alone is given again, and a start time alone repeats after a reboot. */
export interface ProcessIdentity {
  readonly boot_id: string;
  readonly pid: number;
  /** Clock ticks after boot, as /proc says it. */
  readonly start_time: number;
}

/** What /proc/<pid>/stat says of a process. */
export interface ProcessStat {
  readonly state: string;
  readonly group: number;
  readonly start_time: number;
}

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  const stat = processStat(process.pid);
  return { boot_id: bootId(), pid: process.pid, start_time: stat?.start_time ?? 0 };
}

/** Whether exactly this process still runs. Another boot, a reused pid, a zombie (Z) and a dying process (X) do not. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.boot_id !== bootId()) return false;
  const stat = processStat(identity.pid);
  return stat !== undefined && stat.start_time === identity.start_time && !hasEnded(stat);
}

/** It waits only for its parent to hear of its end. */
export function hasEnded({ state }: ProcessStat): boolean {
  return /^[ZXx]$/.test(state);
}

export function sameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.boot_id === b.boot_id && a.pid === b.pid && a.start_time === b.start_time;
}

/** Undefined when there is no such process. */
export function processStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw thrown;
  }
  // The program's name stands in parentheses and may itself hold spaces and parentheses: count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? 'X', group: Number(fields[2]), start_time: Number(fields[19]) };
}

let boot: string | undefined;

/** Changes with every start of the kernel; no process sees two. */
export function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return boot;
}
