import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Script, says } from '../fakes/patroni-front.ts';
import { until } from '../harness/until.ts';
import { openStage, type Stage, Staged } from './stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage('answers', 3);
});
afterEach(() => {
  for (const front of stage.fronts.values()) front.reset();
});
afterAll(() => stage?.remove());

/** One switchover whose order meets the script; what verify says at last, as the engine would hear it. */
async function switchOver(script: (to: string, other: string) => Script, params: { patience?: number } = {}) {
  const { primary: from, standbys } = await stage.settled();
  const [to = '', other = ''] = standbys;
  stage.front(from).script('POST /switchover', script(to, other));
  const step = await Staged.of(stage, 'patroni.switchover@1', { from, to, ...params });
  const memo = await step.memo();
  const began = performance.now();
  const receipt = await step.apply(memo);
  const verdict = await until('a verdict', async () => {
    const answer = await step.verify(memo, receipt);
    return answer.is === 'pending' ? null : answer;
  });
  const posts = stage.front(from).requests.filter((asked) => asked === 'POST /switchover').length;
  return { from, to, other, verdict, posts, ms: performance.now() - began, step, memo };
}

describe('patroni.switchover, told no', () => {
  const page = '<!DOCTYPE html><html><body>Bad gateway</body></html>';
  const cases: [string, Script['answer'], RegExp][] = [
    ['a leader of another name', says(412, 'leader name does not match'), /refused.*leader name does not match/],
    ['a candidate that does not exist', says(412, 'candidate does not exists'), /candidate does not exists/],
    [
      'a candidate that is not synchronous',
      says(412, 'candidate name does not match with sync_standby'),
      /does not match with sync_standby/,
    ],
    [
      'no synchronous standby',
      says(412, 'switchover is not possible: can not find sync_standby'),
      /can not find sync_standby/,
    ],
    [
      'no other member',
      says(412, 'switchover is not possible: cluster does not have members except leader'),
      /members except leader/,
    ],
    [
      'no good candidate',
      says(412, 'switchover is not possible: no good candidates have been found'),
      /no good candidates/,
    ],
    ['wrong credentials', says(401, 'not authenticated'), /does not accept the credentials/],
    ['no access', says(403, 'Access is denied'), /does not let pgdba give orders.*Access is denied/],
    ['a conflict', says(409, 'another operation is in progress'), /busy.*another operation/],
    ['a malformed request', says(400, 'Switchover could be performed only from a specific leader'), /answered 400/],
    ['a failure after it began', says(503, 'Switchover failed'), /Switchover failed/],
    ['a key that was not written', says(503, 'failed to write switchover key into DCS'), /failed to write/],
    ['an error of its own', says(500, 'Internal Server Error'), /answered 500/],
    ['the page of a proxy', says(502, page), /something that is not Patroni answered 502/],
    ['a page that says all is well', says(200, page), /not Patroni answered 200/],
    ['half a JSON document', says(200, '{"lead', 'application/json'), /not JSON/],
    ['ten megabytes', says(200, 'x'.repeat(10_000_000)), /larger than/],
    [
      'a redirect',
      (response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      /redirects are not followed/,
    ],
    ['a connection that breaks', (_, incoming) => void incoming.socket.destroy(), /does not answer/],
  ];

  it.each(cases)('by %s: the old primary stays, and the words are told', async (_, answer, words) => {
    const { from, verdict, posts, ms } = await switchOver(() => ({ answer }));
    expect(verdict.is).toBe('not-done');
    expect('why' in verdict && verdict.why).toMatch(words);
    expect('why' in verdict && verdict.why).toContain(`${from} is still the primary`);
    expect(posts).toBe(1);
    expect(ms).toBeLessThan(12_000);
    expect((await stage.settled()).primary).toBe(from);
  });

  it('by nobody: silence ends with what is so', async () => {
    const { from, verdict } = await switchOver(() => ({ answer: () => undefined }), { patience: 1500 });
    expect(verdict).toMatchObject({ is: 'not-done', why: expect.stringContaining(`${from} is still the primary`) });
  });
});

describe('patroni.switchover, done whatever was said', () => {
  const cases: [string, Script['answer']][] = [
    ['503 "status unknown"', says(503, 'Switchover status unknown')],
    ['a connection that breaks', (_, incoming) => void incoming.socket.destroy()],
    ['500', says(500, 'Internal Server Error')],
    ['silence', () => undefined],
  ];

  it.each(cases)('%s: finds the new primary by the world', async (_, answer) => {
    const { from, to, verdict, posts } = await switchOver(() => ({ pass: true, answer }));
    expect(verdict).toMatchObject({ is: 'satisfied', result: { from, leader: to, instead_of: null } });
    expect(posts).toBe(1);
  });

  it('200 "instead of": names who leads, and who should have', async () => {
    const { primary } = await stage.settled();
    const { verdict, from, to, other } = await switchOver((candidate, another) => ({
      pass: { leader: primary, candidate: another },
      answer: says(200, `Switched over to "${another}" instead of "${candidate}"`),
    }));
    expect(verdict).toMatchObject({ is: 'satisfied', result: { from, leader: other, instead_of: to } });
  });

  it('is found by a process that never got an answer, and by one that asks much later', async () => {
    const { step, memo, to, verdict } = await switchOver(() => ({ pass: true, answer: () => undefined }));
    expect(verdict.is).toBe('satisfied');
    expect(await step.verify(memo, undefined)).toMatchObject({ is: 'satisfied', result: { leader: to } });
  });
});
