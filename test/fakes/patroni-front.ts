import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands in place of the real answer to one request, after the real Patroni has got it or not. */
export interface Script {
  /** The request goes to the real Patroni too; with another body, if given. Its answer is thrown away. */
  readonly pass?: boolean | Readonly<Record<string, unknown>>;
  answer(response: ServerResponse, incoming: IncomingMessage): void;
}

/**
 * Stands in front of a real Patroni and passes every request on, and counts them. `script` replaces single answers: it
 * stands for a Patroni, a proxy or a network that says what a real one will not say on command.
 */
export class PatroniFront {
  readonly requests: string[] = [];
  readonly #scripts = new Map<string, Script>();
  readonly #behind: { readonly host: string; readonly port: number };
  readonly #server = createServer((incoming, response) => void this.#serve(incoming, response));

  private constructor(behind: { readonly host: string; readonly port: number }) {
    this.#behind = behind;
  }

  static async before(behind: { readonly host: string; readonly port: number }): Promise<PatroniFront> {
    const front = new PatroniFront(behind);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `request`: `POST /switchover`. */
  script(request: string, script: Script): void {
    this.#scripts.set(request, script);
  }

  /** Everything is passed on again, and counted from nothing. */
  reset(): void {
    this.#scripts.clear();
    this.requests.length = 0;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const asked = `${incoming.method} ${incoming.url}`;
    this.requests.push(asked);
    const script = this.#scripts.get(asked);
    const body = typeof script?.pass === 'object' ? Buffer.from(JSON.stringify(script.pass)) : Buffer.concat(chunks);
    if (!script) return this.#pass(incoming, body, response);
    if (script.pass) this.#pass(incoming, body, null);
    script.answer(response, incoming);
  }

  #pass(incoming: IncomingMessage, body: Buffer, response: ServerResponse | null): void {
    const headers = { ...incoming.headers, 'content-length': String(body.length) };
    const { method, url } = incoming;
    const onward = request({ ...this.#behind, method, path: url, headers }, (answer) => {
      if (!response) return void answer.resume();
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response?.destroy());
    onward.end(body.length > 0 ? body : undefined);
  }
}

/** Patroni's own way to answer: a sentence. */
export function says(status: number, text: string, type = 'text/html') {
  return (response: ServerResponse) => void response.writeHead(status, { 'content-type': type }).end(text);
}
