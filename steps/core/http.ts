import { isDeepStrictEqual } from 'node:util';
import {
  change,
  defineStep,
  kept,
  type Look,
  notDone,
  PgdbaError,
  pending,
  satisfied,
  Type,
  undone,
  unknown,
} from '../../src/step/index.ts';
import { headersOf, orderOf, type Params, params, refuseMisfits } from './http-order.ts';
import { atPointer } from './json-pointer.ts';
import { keptBytes, lastWords, said } from './said.ts';

const result = Type.Object({
  status: Type.Union([Type.Integer(), Type.Null()], { description: 'Null: `done_when` proved it, nobody heard it.' }),
  body: Type.String({ description: 'At most 64 KiB.' }),
  json: Type.Unknown({ description: 'The body parsed; null when it is no JSON.' }),
});

/**
 * Every request carries `Idempotency-Key: RUN/TASK`, the mark by which a server can know a repetition. Redirects are
 * never followed. After a crash the answer is lost: then `done_when` decides, or a GET is simply asked again. What is
 * proved not to have happened, because of a server in trouble, is transient; a POST without proof is never sent again.
 */
export default defineStep({
  id: 'http',
  version: 1,
  since: '0.2.0',
  summary: 'Send one request to a web server.',
  effect: 'once',
  // pgdba cannot know what it does: never without consent, and not for callers who may only do what is safe.
  risk: 'disruptive',
  params,
  result,
  memo: Type.Object({ key: Type.String() }),
  receipt: Type.Object({ sent: Type.Boolean(), problem: Type.String(), answer: result }),
  settle: { every: '500ms', within: '10s' },
  examples: [
    {
      title: 'A change in a load balancer, provable',
      with: {
        method: 'PUT',
        url: 'https://lb.example.org/pools/app/state',
        body: { state: 'drain' },
        auth_secret: 'env:LB_TOKEN',
        done_when: { url: 'https://lb.example.org/pools/app', pointer: '/state', equals: 'drain' },
      },
    },
  ],

  async check(look) {
    refuseMisfits(look.params);
    const state = await proofOf(look);
    if (state.is === 'done') return satisfied(unheard);
    if (state.is === 'unknown') return unknown(state.why);
    const { method, url: address } = look.params;
    return change(`${method} ${address}`, { key: `${look.run.id}/${look.run.task}` });
  },

  async apply(act, { key }) {
    const { method, url: address, body } = act.params;
    try {
      const answer = await act.web.send(method, address, {
        ...orderOf(act),
        headers: { ...headersOf(act.params), 'idempotency-key': key },
        ...(body === undefined || body === null
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return { sent: true, problem: '', answer: heardOf(act, answer) };
    } catch (thrown) {
      if (!(thrown instanceof PgdbaError) || thrown.facts['sent'] !== false) throw thrown;
      return { sent: false, problem: act.masked(String(thrown.facts['problem'])), answer: unheard };
    }
  },

  async verify(look, _memo, receipt) {
    if (receipt?.sent === false) return refused(unreached(look, receipt.problem));
    const state = await proofOf(look);
    if (state.is === 'done') return satisfied(receipt?.answer ?? unheard);
    if (state.is === 'unknown') return unknown(state.why);
    if (receipt && accepted(look.params, receipt.answer.status)) {
      return state.is === 'silent' ? satisfied(receipt.answer) : pending('done_when does not hold yet');
    }
    if (state.is === 'not-done') {
      return receipt ? refused(failureOf(look, receipt.answer)) : notDone('done_when does not hold');
    }
    if (receipt) {
      const error = failureOf(look, receipt.answer);
      if (error.code === 'WEB_BUSY') return refused(error);
      throw error;
    }
    if (isSafe(look.params.method)) return notDone('nobody heard the answer; a request that only reads is asked again');
    return unknown('nobody heard the answer, and the task has no `done_when`');
  },

  async rollback({ params: { method } }, _memo, receipt) {
    if (receipt?.sent === false || isSafe(method)) return undone;
    return kept('a request cannot be taken back: give the task a `rollback: {uses, with}` of its own');
  },
});

const unheard = { status: null, body: '', json: null };

type State = { readonly is: 'done' | 'not-done' | 'silent' } | { readonly is: 'unknown'; readonly why: string };

async function proofOf(look: Look<Params>): Promise<State> {
  const { done_when: proof, url: address } = look.params;
  if (proof === undefined) return { is: 'silent' };
  const sameServer = new URL(proof.url).origin === new URL(address).origin;
  const answer = await look.web.get(proof.url, { ...orderOf(look), headers: sameServer ? headersOf(look.params) : {} });
  if (answer.status !== (proof.status ?? 200)) {
    // The server is in trouble: that says nothing about our change.
    if (answer.status >= 500) return { is: 'unknown', why: `done_when was answered with ${answer.status}` };
    return { is: 'not-done' };
  }
  if (proof.pointer === undefined) return { is: 'done' };
  const found = atPointer(parsed(answer.text), proof.pointer);
  const holds = 'equals' in proof ? isDeepStrictEqual(found, proof.equals) : found !== undefined;
  return { is: holds ? 'done' : 'not-done' };
}

function heardOf(look: Look, { status, text, cut }: { status: number; text: string; cut: boolean }) {
  const whole = !cut && Buffer.byteLength(text) <= keptBytes;
  return { status, body: said(look, text, cut), json: whole ? look.maskedJson(parsed(text) ?? null) : null };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function accepted({ expect }: Params, status: number | null): boolean {
  if (status === null) return false;
  return expect ? expect.status.includes(status) : status >= 200 && status < 300;
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function failureOf(look: Look<Params>, { status, body }: { status: number | null; body: string }): PgdbaError {
  const { method, url: address } = look.params;
  const proven = isSafe(method) || look.params.done_when !== undefined;
  const busy = proven && status !== null && inTrouble.has(status);
  return new PgdbaError(busy ? 'WEB_BUSY' : 'WEB_ANSWER', {
    facts: {
      server: new URL(address).origin,
      method,
      status,
      problem: lastWords(body) || 'an empty answer',
      task: look.run.task,
    },
    hint: busy ? 'wait until that server has recovered' : 'put that right',
  });
}

/** Answers of a server that may do better in a moment. */
const inTrouble: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

function refused(error: PgdbaError) {
  return notDone(error.message, error);
}

function unreached(look: Look<Params>, problem: string): PgdbaError {
  const { method, url: address } = look.params;
  return new PgdbaError('WEB_UNREACHABLE', {
    facts: { server: new URL(address).origin, problem, method, sent: false },
    hint: 'check the address, and that this host may reach it: curl -v it from here',
  });
}
