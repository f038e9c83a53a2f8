import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a value looks like when somebody wrote it down, kept apart from the redactor's own list on purpose. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    JSON.stringify(JSON.stringify(value).slice(1, -1)).slice(1, -1),
    new URLSearchParams({ '': value }).toString().slice(1),
    // as the password of a Basic Authorization header
    Buffer.from(`user:${value}`).toString('base64').replace(/=+$/, ''),
  ];
}

/** Looks for secrets in everything that was written, printed or shown to other users of the machine. */
export class SecretHunt {
  readonly #forms = new Map<string, Buffer>();
  readonly #found = new Set<string>();
  /** What was searched already, by process. */
  readonly #known = new Map<string, Buffer>();
  #timer: NodeJS.Timeout | undefined;

  add(name: string, value: string): void {
    this.#known.clear();
    for (const form of new Set(formsOf(value))) this.#forms.set(`${name} as ${form}`, Buffer.from(form));
  }

  /** Everything found so far: where, and which form of which secret. */
  get found(): string[] {
    return [...this.#found].sort();
  }

  search(where: string, content: string | Buffer): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (const [form, needle] of this.#forms) if (bytes.includes(needle)) this.#found.add(`${where}: ${form}`);
  }

  /** Every file below the folder, its name included, save those that may hold secrets. Answers how many it read. */
  searchFiles(folder: string, mayHold: (path: string) => boolean): number {
    let files = 0;
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      this.search('a file name', path);
      if (entry.isDirectory()) files += this.searchFiles(path, mayHold);
      if (!entry.isFile() || (mayHold(path) && (statSync(path).mode & 0o077) === 0)) continue;
      this.search(path, readFileSync(path));
      files += 1;
    }
    return files;
  }

  /** Command line and environment of every process, as often as possible, until `unwatch`. */
  watchProcesses(): void {
    this.#timer = setInterval(() => this.searchProcesses(), 20);
  }

  unwatch(): void {
    clearInterval(this.#timer);
  }

  searchProcesses(): void {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const command = contentOf(`/proc/${pid}/cmdline`)?.toString().replaceAll('\0', ' ').slice(0, 80) ?? '';
      for (const what of ['cmdline', 'environ']) {
        const content = contentOf(`/proc/${pid}/${what}`);
        if (!content || this.#known.get(`${pid} ${what}`)?.equals(content)) continue;
        this.#known.set(`${pid} ${what}`, content);
        this.search(`${what} of a process (${command})`, content);
      }
    }
  }
}

/** Servers remove files while we look. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function contentOf(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
