import { webRequest } from '../clients/web.ts';
import type { WebAct } from '../step/index.ts';

/** Any web server, asked from pgdba's own host. */
export function webAct(signal: AbortSignal): WebAct {
  return {
    get: (url, options) => webRequest('GET', url, { ...options, signal }),
    send: (method, url, options) => webRequest(method, url, { ...options, signal }),
  };
}
