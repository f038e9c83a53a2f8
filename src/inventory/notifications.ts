import { closest } from '../formats/closest.ts';
import { secretReference } from '../secrets/resolve.ts';

/** Whom pgdba tells how runs end. */
export interface NotificationTarget {
  readonly name: string;
  readonly on: readonly NotificationOccasion[];
  readonly way: Webhook | { readonly exec: readonly string[] };
}

export interface Webhook {
  /** An address, or a reference to one: of chat services the address itself is the secret. */
  readonly url: string;
  /** Reference to the key that signs every delivery; null: unsigned. */
  readonly secret: string | null;
  /** PEM file of the authority that signed its certificate. */
  readonly ca: string | null;
}

/** How a run can stand when pgdba lets go of it. */
export const runStatuses = [
  'succeeded',
  'failed',
  'refused',
  'declined',
  'rolled-back',
  'rollback-failed',
  'partly-rolled-back',
  'cancelled',
  'drift',
  'needs-decision',
  'interrupted',
  'waiting',
] as const;

/** `trouble`: somebody has to look. `any`: every end and every stop. */
export const occasions = [...runStatuses, 'trouble', 'any'] as const;
export type NotificationOccasion = (typeof occasions)[number];

/** Says what is wrong, and where, and does not return. */
export type FailAt = (problem: string, hint: string) => never;

/** The list under `notifications:`, as YAML gives it. */
export function decodeNotifications(value: unknown, fail: FailAt): NotificationTarget[] {
  if (!Array.isArray(value)) return fail('notifications must be a list', 'begin each target with `- name: …`');
  const targets = value.map((item: unknown) => decodeTarget(item, fail));
  const twice = targets.find(({ name }, at) => targets.findIndex((other) => other.name === name) !== at);
  if (twice) fail(`two notification targets are called ${twice.name}`, 'give each its own name');
  return targets;
}

function decodeTarget(item: unknown, fail: FailAt): NotificationTarget {
  const map = mapOf(item, 'a notification target', ['name', 'on', 'webhook', 'exec'], fail);
  const { name, webhook, exec } = map;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_-]{0,39}$/.test(name)) {
    return fail('a notification target needs a name', 'lower-case letters, digits, _ and -, such as `name: oncall`');
  }
  const on = decodeOccasions(map['on'] ?? ['trouble', 'waiting'], name, fail);
  if ((webhook === undefined) === (exec === undefined)) {
    return fail(`notification target ${name} needs either webhook or exec`, 'write one of them');
  }
  return { name, on, way: webhook === undefined ? decodeExec(exec, name, fail) : decodeWebhook(webhook, name, fail) };
}

function decodeOccasions(value: unknown, name: string, fail: FailAt): NotificationOccasion[] {
  const words: readonly unknown[] = Array.isArray(value) ? value : [value];
  return words.map((word) => {
    const found = occasions.find((known) => known === word);
    if (found) return found;
    const near = closest(String(word), occasions);
    return fail(
      `${name}.on: "${word}" is no way for a run to stand`,
      near ? `did you mean ${near}?` : `write some of ${occasions.join(', ')}`,
    );
  });
}

function decodeWebhook(value: unknown, name: string, fail: FailAt): Webhook {
  const { url, secret = null, ca = null } = mapOf(value, `${name}.webhook`, ['url', 'secret', 'ca'], fail);
  if (typeof url !== 'string' || !isAddress(url)) {
    return fail(
      `${name}.webhook.url must be an http address without a password, or a reference to one`,
      'https://host/path, or env:NAME, file:PATH, command:PROGRAM when the address itself is secret',
    );
  }
  if (secret !== null && (typeof secret !== 'string' || !secretReference.test(secret))) {
    return fail(
      `${name}.webhook.secret would put a secret into the file`,
      'use env:NAME, file:PATH or command:PROGRAM',
    );
  }
  if (ca !== null && typeof ca !== 'string') return fail(`${name}.webhook.ca must be a file`, 'name a PEM file');
  return { url, secret, ca };
}

function isAddress(url: string): boolean {
  if (secretReference.test(url)) return true;
  if (!URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

function decodeExec(value: unknown, name: string, fail: FailAt): { exec: string[] } {
  const words: readonly unknown[] = Array.isArray(value) ? value : [];
  if (words.length > 0 && words.every((word) => typeof word === 'string')) return { exec: words.map(String) };
  return fail(`${name}.exec must be a list of words`, 'program and arguments, no shell: `exec: [/usr/local/bin/tell]`');
}

function mapOf(value: unknown, what: string, known: readonly string[], fail: FailAt): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return fail(`${what} must be a map`, `its keys are ${known.join(', ')}`);
  }
  const entries = Object.entries(value);
  const strange = entries.map(([key]) => key).find((key) => !known.includes(key));
  if (strange === undefined) return Object.fromEntries(entries);
  const near = closest(strange, known);
  return fail(`${what} has no key "${strange}"`, near ? `did you mean ${near}?` : `its keys are ${known.join(', ')}`);
}
