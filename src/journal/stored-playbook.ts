import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createPrivate, privateDirectory, readIfThere, syncDirectory } from './private-file.ts';
import type { PlaybookText, StoredPlaybook } from './store.ts';

/**
 * Writes a run's playbook, its first line a comment that says where it came from and which directory holds the playbooks
 * of child runs (`<n>.yaml`, in their order); without child runs there is none. The file is there last, and whole.
 */
export function writePlaybook(path: string, playbook: StoredPlaybook): void {
  const version = 1 + olderVersions(path).length;
  const directory = version === 1 ? 'playbooks' : `playbooks.${version}`;
  const folder = join(dirname(path), directory);
  rmSync(folder, { recursive: true, force: true });
  if (playbook.children.length > 0) {
    privateDirectory(folder);
    playbook.children.forEach((child, at) => {
      createPrivate(join(folder, `${at + 1}.yaml`), text(child, ''));
    });
    syncDirectory(folder);
  }
  const draft = join(dirname(path), '.playbook.yaml');
  rmSync(draft, { force: true });
  createPrivate(draft, text(playbook, playbook.children.length > 0 ? directory : ''));
  renameSync(draft, path);
  syncDirectory(dirname(path));
}

/** Puts a newer version in the place of a run's playbook; the old one stays beside it as `playbook.<n>.yaml`. */
export function replacePlaybook(path: string, playbook: StoredPlaybook): void {
  const old = readIfThere(path);
  if (old) createPrivate(join(dirname(path), `playbook.${1 + olderVersions(path).length}.yaml`), old);
  writePlaybook(path, playbook);
}

/** One of the stored files: where it lies, and what it says. */
export interface StoredFile extends PlaybookText {
  readonly path: string;
}

/** The stored playbook first, then those of its child runs; none when there is no playbook. */
export function readStoredFiles(path: string): readonly StoredFile[] {
  const main = readText(path);
  if (!main) return [];
  const { file, source, directory } = main;
  const folder = join(dirname(path), directory);
  const names = directory !== '' && existsSync(folder) ? readdirSync(folder) : [];
  const numbers = names
    .map((name) => Number(/^(\d+)\.yaml$/.exec(name)?.[1] ?? 0))
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
  const children = numbers.flatMap((number) => {
    const child = join(folder, `${number}.yaml`);
    const found = readText(child);
    return found ? [{ path: child, file: found.file, source: found.source }] : [];
  });
  return [{ path, file, source }, ...children];
}

/** What was put in the place of a newer version, the newest first. */
export function olderPlaybooks(path: string): string[] {
  const count = olderVersions(path).length;
  return Array.from({ length: count }, (_, at) => join(dirname(path), `playbook.${count - at}.yaml`));
}

function text({ file, source }: PlaybookText, directory: string): string {
  return `# from ${JSON.stringify(file)}${directory === '' ? '' : ` with ${directory}`}\n${source}`;
}

function readText(path: string): (PlaybookText & { readonly directory: string }) | undefined {
  const whole = readIfThere(path)?.toString();
  if (whole === undefined) return undefined;
  const [, file, directory = ''] = /^# from ("(?:[^"\\\n]|\\.)*")(?: with ([a-z0-9.]+))?\n/.exec(whole) ?? [];
  if (file === undefined) return { file: path, source: whole, directory };
  return { file: JSON.parse(file), source: whole.slice(whole.indexOf('\n') + 1), directory };
}

function olderVersions(path: string): string[] {
  if (!existsSync(dirname(path))) return [];
  return readdirSync(dirname(path)).filter((name) => /^playbook\.\d+\.yaml$/.test(name));
}
