import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** The effective user. */
  readonly uid: number;
  /** As `comm` has it: the program's name, cut to 15 characters. */
  readonly name: string;
  readonly argv: readonly string[];
}

/** Every living process of this user; zombies are dead. Read from /proc: a pid file proves nothing. */
export function processesOf(uid: number): Process[] {
  const found: Process[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const one = readProcess(Number(entry), uid);
    if (one) found.push(one);
  }
  return found;
}

/** The process and everything below it, as far as it is in the list. */
export function withDescendants(roots: readonly number[], processes: readonly Process[]): Set<number> {
  const family = new Set(roots);
  for (let before = -1; before !== family.size; ) {
    before = family.size;
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  }
  return family;
}

/** The working directory, or undefined when the process is gone or not ours to ask. */
export function workingDirectory(pid: number): string | undefined {
  return attempt(() => readlinkSync(`/proc/${pid}/cwd`));
}

/** zombie: it ended, but nobody has collected it yet. */
export function stateOf(pid: number): 'alive' | 'zombie' | 'gone' {
  const status = read(pid, 'status');
  if (status === undefined) return 'gone';
  return /^State:\s*[ZX]/m.test(status) ? 'zombie' : 'alive';
}

/** A variable of the environment the process was started with. */
export function startedWith(pid: number, variable: string): string | undefined {
  const environment = read(pid, 'environ') ?? '';
  const line = environment.split('\0').find((entry) => entry.startsWith(`${variable}=`));
  return line?.slice(variable.length + 1);
}

function readProcess(pid: number, uid: number): Process | undefined {
  const status = read(pid, 'status');
  if (status === undefined) return undefined;
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  // Uid: real effective saved file
  if (Number(field('Uid').split('\t')[1]) !== uid || /^[ZX]/.test(field('State'))) return undefined;
  const line = read(pid, 'cmdline');
  if (line === undefined) return undefined;
  return { pid, uid, parent: Number(field('PPid')), name: field('Name'), argv: line.split('\0').slice(0, -1) };
}

/** As UTF-8, whatever it is: for other encodings Node allocates 64 KiB per file in /proc, and there are thousands of looks. */
function read(pid: number, file: string): string | undefined {
  return attempt(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'));
}

/** A process may vanish between any two looks. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
