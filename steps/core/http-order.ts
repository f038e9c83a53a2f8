import { type Act, type Look, PgdbaError, type Static, Type } from '../../src/step/index.ts';
import { readBytes } from './said.ts';
import { secretName } from './secret-name.ts';

const url = (description: string) => Type.String({ pattern: '^https?://', description });
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const schemes = ['Bearer', 'Basic', 'none'] as const;

/** What a playbook says of a request. */
export const params = Type.Object({
  method: Type.Union(methods.map((method) => Type.Literal(method))),
  url: url('Without user and password.'),
  headers: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Never a secret.' })),
  body: Type.Optional(Type.Unknown({ description: 'Text is sent as it is, anything else as JSON.' })),
  expect: Type.Optional(
    Type.Object(
      { status: Type.Array(Type.Integer(), { minItems: 1, description: 'What counts as success [200 to 299].' }) },
      { additionalProperties: false },
    ),
  ),
  auth_secret: Type.Optional(Type.Secret({ description: 'For the Authorization header; Basic: USER:PASSWORD.' })),
  auth_scheme: Type.Optional(
    Type.Union(
      schemes.map((scheme) => Type.Literal(scheme)),
      { description: '[Bearer]' },
    ),
  ),
  auth_header: Type.Optional(Type.String({ description: 'Another header for the secret, as it is: X-Api-Key.' })),
  ca: Type.Optional(Type.String({ description: 'PEM file of the authority that signed the certificate.' })),
  answer_within: Type.Optional(Type.Duration({ description: '[30s]' })),
  done_when: Type.Optional(
    Type.Object(
      {
        url: url('Asked by GET, with the credentials if it is the same server.'),
        status: Type.Optional(Type.Integer({ description: '[200]' })),
        pointer: Type.Optional(Type.String({ description: 'JSON pointer into the answer: /data/state.' })),
        equals: Type.Optional(Type.Unknown({ description: 'What must be found there.' })),
      },
      { additionalProperties: false, description: 'What proves that it is done. True already: nothing is sent.' },
    ),
  ),
});

export type Params = Static<typeof params>;

export function orderOf({ params: { ca, answer_within: timeoutMs = 30_000 } }: Look<Params> | Act<Params>) {
  return { timeoutMs, maxBody: readBytes, ...(ca === undefined ? {} : { ca }) };
}

export function headersOf({
  headers = {},
  body,
  auth_secret: secret,
  auth_scheme: scheme,
  auth_header: header,
}: Params) {
  const json = body !== undefined && body !== null && typeof body !== 'string';
  return {
    ...(json ? { 'content-type': 'application/json' } : {}),
    ...headers,
    ...(secret === undefined
      ? {}
      : { [header ?? 'authorization']: credentials(secret.reveal(), header ? 'none' : scheme) }),
  };
}

function credentials(value: string, scheme: (typeof schemes)[number] = 'Bearer'): string {
  if (scheme === 'none') return value;
  return `${scheme} ${scheme === 'Basic' ? Buffer.from(value).toString('base64') : value}`;
}

/** Errors: PARAMS_INVALID. */
export function refuseMisfits({ url: address, done_when: proof, headers = {} }: Params): void {
  const bad = [address, proof?.url].find((one) => one !== undefined && !URL.canParse(one));
  const login = [address, proof?.url].find((one) => one !== undefined && URL.canParse(one) && hasLogin(new URL(one)));
  const hidden = Object.keys(headers).find(
    (name) => /^(proxy-)?authorization$|^cookie$/i.test(name) || secretName(name),
  );
  const problem =
    (bad !== undefined && 'the url is not one') ||
    (login !== undefined && 'a url may not hold a user or a password') ||
    (hidden !== undefined && `header ${hidden} would put a secret into the playbook`);
  if (!problem) return;
  throw new PgdbaError('PARAMS_INVALID', {
    facts: { step: 'http@1', problem },
    hint: bad === undefined ? 'name the secret with auth_secret: env:NAME or file:PATH' : 'https://host/path',
  });
}

function hasLogin({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}
