import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Notifier } from '../../src/notify/notifier.ts';
import { Redactor } from '../../src/secrets/redactor.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { type WebServer, webServer } from '../harness/web-server.ts';
import { BareStage } from './bare-stage.ts';

let home: ScratchHome;
let server: WebServer;
let stage: BareStage;
const message = { to: ['oncall', 'log'], subject: 'Switchover soon', text: 'Writes pause.' };

beforeEach(async () => {
  home = await scratchHome();
  server = await webServer();
  const target = (name: string) => ({
    name,
    on: [],
    way: { url: `${server.url}/${name}`, secret: null, ca: null },
  });
  const parts = { home: home.path, targets: [target('oncall'), target('log')], redactor: new Redactor() };
  stage = new BareStage(home.path, new Notifier({ ...parts, patience: { withinMs: 5_000, pausesMs: [1] } }));
});
afterEach(async () => {
  await server.close();
  await home.remove();
});

describe('notify', () => {
  it('tells every target once, under the key of its run and task', async () => {
    const step = await stage.step('notify@1', message);
    const memo = await step.memo();
    const receipt = await step.apply(memo);
    expect(await step.verify(memo, receipt)).toEqual({ is: 'satisfied', result: { told: ['oncall', 'log'] } });
    expect(server.seen.map(({ path }) => path).sort()).toEqual(['/log', '/oncall']);
    for (const { headers, body } of server.seen) {
      expect(headers['idempotency-key']).toBe('stage/task');
      expect(JSON.parse(body)).toMatchObject({ id: 'stage/task', type: 'message', ...{ subject: message.subject } });
    }
  });

  it('is sent again under the same key when pgdba died before its receipt', async () => {
    const step = await stage.step('notify@1', message);
    const memo = await step.memo();
    await step.apply(memo);
    expect(await step.verify(memo)).toMatchObject({ is: 'not-done' });
    await step.apply(memo);
    expect(new Set(server.seen.map(({ headers }) => headers['idempotency-key']))).toEqual(new Set(['stage/task']));
  });

  it('fails when one target cannot be told, and says which', async () => {
    server.answer = ({ path }) => ({ status: path === '/log' ? 404 : 200 });
    const step = await stage.step('notify@1', message);
    const memo = await step.memo();
    const receipt = await step.apply(memo);
    expect(receipt).toMatchObject({ told: ['oncall'] });
    expect(await step.verify(memo, receipt)).toMatchObject({
      is: 'not-done',
      why: expect.stringMatching(/^log: .*404/),
    });
  });

  it('refuses a name that the configuration does not have, before anything is changed', async () => {
    const step = await stage.step('notify@1', { ...message, to: ['nobody'] });
    await expect(step.check()).rejects.toMatchObject({ code: 'NOTIFICATION_UNKNOWN', facts: { name: 'nobody' } });
  });
});
