import { rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/**
 * Speaks just enough of PostgreSQL's protocol for a guard: it lets everybody in, accepts writes as a primary does, and as
 * a pooler's console takes RESUME, which removes the file that stands for the pause.
 */
export class FakePooler {
  readonly #open = new Set<Socket>();
  readonly #server = createServer((client) => this.#serve(client));
  readonly #paused: string;

  private constructor(paused: string) {
    this.#paused = paused;
  }

  static async listen(paused: string): Promise<FakePooler> {
    const fake = new FakePooler(paused);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    this.#open.add(client);
    client.on('close', () => this.#open.delete(client));
    client.on('error', () => undefined);
    let rest: Buffer = Buffer.alloc(0);
    let begun = false;
    client.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const typed = begun ? 1 : 0;
        if (rest.length < typed + 4) return;
        const end = typed + rest.readUInt32BE(typed);
        if (rest.length < end) return;
        if (!begun) client.write(Buffer.concat([letIn, ready]));
        else if (rest[0] === 0x51) client.write(this.#answer(rest.toString('utf8', 5, end - 1)));
        else if (rest[0] === 0x53) client.write(Buffer.concat([notUnderstood, ready]));
        begun = true;
        rest = rest.subarray(end);
      }
    });
  }

  #answer(statement: string): Buffer {
    if (/^resume/i.test(statement)) rmSync(this.#paused, { force: true });
    const rows = /as writable/.test(statement) ? [oneColumn, oneTrue] : [];
    return Buffer.concat([...rows, message('C', Buffer.from('SELECT 1\0')), ready]);
  }
}

function message(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

const letIn = message('R', Buffer.alloc(4));
const ready = message('Z', Buffer.from('I'));

/** What binds values is asked of PostgreSQL, which this is not: answered at once, so that nobody waits for it. */
const notUnderstood = message('E', Buffer.from('SERROR\0C0A000\0Mit takes simple queries only\0\0'));

/** Column `writable` of type bool. */
const oneColumn = message('T', Buffer.concat([Buffer.from([0, 1]), Buffer.from('writable\0'), describeBool()]));
const oneTrue = message('D', Buffer.from([0, 1, 0, 0, 0, 1, 0x74]));

function describeBool(): Buffer {
  const column = Buffer.alloc(18);
  column.writeUInt32BE(16, 6);
  column.writeUInt16BE(1, 10);
  column.writeInt32BE(-1, 12);
  return column;
}
