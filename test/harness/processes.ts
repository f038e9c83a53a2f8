import { readdirSync, readFileSync } from 'node:fs';

export interface SeenProcess {
  readonly pid: number;
  readonly command: string;
  readonly environment: string;
}

/** Every process of this machine whose command line or environment holds the text. Zombies are dead. */
export function processesWith(text: string): SeenProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const command = read(`/proc/${pid}/cmdline`);
      const environment = read(`/proc/${pid}/environ`);
      const alive = !/^\d+ \(.*\) [ZX] /s.test(read(`/proc/${pid}/stat`));
      const found = alive && Number(pid) !== process.pid && (command + environment).includes(text);
      return found ? [{ pid: Number(pid), command, environment }] : [];
    });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
