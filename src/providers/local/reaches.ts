import { connect } from 'node:net';
import { describe } from '../../errors/pgdba-error.ts';
import type { Address } from '../provider.ts';

const timeoutMs = 3000;

/** All servers share this host, so what one of them reaches is what we reach. Null when it can be opened, else why not. */
export function reaches({ host, port }: Address): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (problem: string | null) => {
      socket.destroy();
      resolve(problem);
    };
    socket.once('connect', () => end(null));
    socket.once('error', (error) => end(describe(error)));
    socket.once('timeout', () => end(`no answer within ${timeoutMs} ms`));
  });
}
