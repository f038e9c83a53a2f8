import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * Stands in front of a real PostgreSQL or PgBouncer, passes every byte on, and writes down what clients ask: one list of
 * statements for each connection. It stands for nothing but itself: it changes no answer.
 */
export class PostgresFront {
  readonly connections: string[][] = [];
  readonly #behind: { readonly host: string; readonly port: number };
  readonly #open = new Set<Socket>();
  readonly #server = createServer((client) => this.#serve(client));

  private constructor(behind: { readonly host: string; readonly port: number }) {
    this.#behind = behind;
  }

  static async before(behind: { readonly host: string; readonly port: number }): Promise<PostgresFront> {
    const front = new PostgresFront(behind);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Statements that stand outside of a READ ONLY transaction and are no SHOW. */
  get writes(): string[] {
    return this.connections.flatMap((statements) => {
      let readOnly = false;
      return statements.filter((text) => {
        if (/^begin transaction read only$/i.test(text)) readOnly = true;
        else if (/^(commit|rollback)$/i.test(text)) readOnly = false;
        else return !readOnly && !/^show \w+$/i.test(text);
        return false;
      });
    });
  }

  reset(): void {
    for (const statements of this.connections) statements.length = 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    const server = connect(this.#behind);
    const statements: string[] = [];
    this.connections.push(statements);
    const read = reader(statements);
    for (const socket of [client, server]) {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
      socket.on('error', () => undefined);
    }
    client.on('data', read);
    client.pipe(server).pipe(client);
    server.on('close', () => client.destroy());
    client.on('close', () => server.destroy());
  }
}

/** Reads what a client sends: after a first message without a type, each has one letter, a length and its content. */
function reader(statements: string[]): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let begun = false;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const typed = begun ? 1 : 0;
      if (rest.length < typed + 4) return;
      const end = typed + rest.readUInt32BE(typed);
      if (rest.length < end) return;
      const statement = begun ? statementIn(String.fromCharCode(rest[0] ?? 0), rest.subarray(5, end)) : null;
      if (statement !== null) statements.push(statement);
      begun = true;
      rest = rest.subarray(end);
    }
  };
}

function statementIn(type: string, content: Buffer): string | null {
  const [first = '', second = ''] = content.toString('utf8').split('\0');
  switch (type) {
    case 'Q':
      return first.trim();
    case 'P':
      return second.trim();
    case 'F':
      return 'function call';
    case 'd':
      return 'copy data';
    default:
      return null;
  }
}
