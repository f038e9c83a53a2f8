import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answer = { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> };

/** A real web server of one test: keeps what it was asked, answers as it is told; null hangs up without a word. */
export interface WebServer {
  readonly url: string;
  readonly seen: SeenRequest[];
  answer: (request: SeenRequest) => Answer | null;
  close(): Promise<void>;
}

export async function webServer(answer: WebServer['answer'] = () => ({ status: 200 })): Promise<WebServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const asked = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
      seen.push(asked);
      const said = self.answer(asked);
      if (said === null) return void request.socket.destroy();
      response.writeHead(said.status, said.headers).end(said.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const self: WebServer = {
    url: `http://127.0.0.1:${port}`,
    seen,
    answer,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return self;
}
