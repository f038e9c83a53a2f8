import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors/pgdba-error.ts';
import { privateDirectory } from '../journal/private-file.ts';
import { ownIdentity, type ProcessIdentity, sameProcess } from '../journal/process-identity.ts';
import { type CancelRequest, readRequest, remove } from './cancel-request.ts';

/** Some file systems tell nothing about new files, and inotify may have no room for another watch. */
const lookEveryMs = 1_000;

/**
 * Hands over what other terminals ask of this process while it drives a run: each request once, its file removed
 * first. Requests to an earlier driver are thrown away. Keeps no process alive. Answers how to stop it.
 */
export function watchCancelRequests(directory: string, onRequest: (request: CancelRequest) => void): () => void {
  privateDirectory(directory);
  const self = ownIdentity();
  const look = (): void => {
    for (const request of takeAll(directory, self)) onRequest(request);
  };
  const watcher = watcherOf(directory, look);
  const timer = setInterval(look, lookEveryMs);
  timer.unref();
  look();
  return () => {
    clearInterval(timer);
    watcher?.close();
  };
}

function takeAll(directory: string, self: ProcessIdentity): CancelRequest[] {
  const taken: CancelRequest[] = [];
  for (const name of namesIn(directory)) {
    if (!/^[^.].*\.json$/.test(name)) continue;
    const path = join(directory, name);
    const request = readRequest(path);
    // Whoever removes the file has the request.
    if (remove(path) && request && sameProcess(request.driver, self)) taken.push(request);
  }
  return taken;
}

function watcherOf(directory: string, look: () => void): FSWatcher | null {
  try {
    const watcher = watch(directory, { persistent: false }, look);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
