import { createHmac } from 'node:crypto';
import { shownUrl, webRequest } from '../clients/web.ts';
import type { Webhook } from '../inventory/notifications.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import type { Secret } from '../secrets/secret.ts';
import type { Outgoing, Refusal } from './outgoing.ts';

const longestRequestMs = 10_000;

/**
 * One POST, signed as standardwebhooks.com says: HMAC-SHA256 over `ID.TIMESTAMP.BODY`. Any 2xx is taken.
 * Errors: SECRET_UNREADABLE, WEB_UNREACHABLE, FILE_NOT_FOUND (its `ca`).
 */
export async function tellWebhook(
  { url, secret, ca }: Webhook,
  { id, body }: Outgoing,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<Refusal | null> {
  const address = /^https?:/.test(url) ? url : (await resolveSecret(url, redactor)).reveal();
  const key = secret === null ? null : await resolveSecret(secret, redactor);
  const timestamp = Math.floor(Date.now() / 1000);
  const { status, text } = await webRequest('POST', address, {
    headers: {
      'content-type': 'application/json',
      'idempotency-key': id,
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      ...(key === null ? {} : { 'webhook-signature': sign(key, `${id}.${timestamp}.${body}`) }),
    },
    body,
    timeoutMs: longestRequestMs,
    signal,
    maxBody: 4096,
    ...(ca === null ? {} : { ca }),
  });
  if (status >= 200 && status < 300) return null;
  const said = redactor.redactCut(text.slice(0, 200)).trim() || 'nothing';
  // Too many requests, or a server in trouble: it may take it in a moment.
  const again = status === 408 || status === 425 || status === 429 || status >= 500;
  return { problem: `${shownUrl(address)} answered ${status}: ${said}`, again };
}

/** A key that begins with `whsec_` is base64, as those services give it; any other is taken as it is. */
function sign(key: Secret, text: string): string {
  const value = key.reveal();
  const bytes = value.startsWith('whsec_') ? Buffer.from(value.slice('whsec_'.length), 'base64') : Buffer.from(value);
  return `v1,${createHmac('sha256', bytes).update(text).digest('base64')}`;
}
