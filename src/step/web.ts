import type { WebAnswer } from '../clients/web.ts';

/** Any web server, by GET only. Errors: WEB_UNREACHABLE. */
export interface WebLook {
  get(url: string, options: Omit<WebOrder, 'body'>): Promise<WebAnswer>;
}

export interface WebAct extends WebLook {
  /** One request, never repeated. Errors: WEB_UNREACHABLE; its fact `sent` is false when it provably never left. */
  send(method: string, url: string, options: WebOrder): Promise<WebAnswer>;
}

export interface WebOrder {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM file of the authority that signed the server's certificate. */
  readonly ca?: string;
  readonly timeoutMs: number;
  readonly maxBody: number;
}
