import { connect as dial } from 'node:net';

/** A session as the protocol knows it: what BackendKeyData told. */
export interface Backend {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly key: number;
}

const cancelRequestCode = 80_877_102;

/**
 * Asks a server, or the pooler before it, to cancel what a session does at the moment. Ends when the server has taken
 * the request, or cannot be reached in time; whether it helps shows at the session itself.
 */
export async function requestCancel({ host, port, pid, key }: Backend, withinMs: number): Promise<void> {
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(cancelRequestCode, 4);
  message.writeInt32BE(pid, 8);
  message.writeInt32BE(key, 12);
  await new Promise<void>((resolve) => {
    const socket = dial({ host, port });
    const stop = setTimeout(() => socket.destroy(), withinMs);
    socket.once('connect', () => socket.write(message));
    // The server closes it without an answer.
    socket.once('end', () => socket.end());
    socket.once('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(stop);
      resolve();
    });
    socket.resume();
  });
}
