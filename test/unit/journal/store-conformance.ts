import { createHash } from 'node:crypto';
import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import type { JournalStore } from '../../../src/journal/store.ts';
import { Redactor } from '../../../src/secrets/redactor.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { checked, created, ended, failure, intent, newRun, result, tickingClock, writtenRun } from './journal-world.ts';

export type MakeStore = (options: { redactor: Redactor; now: () => number }) => JournalStore;

/** What every store promises, whatever it keeps its records in. */
export function storeConformance(name: string, make: MakeStore): void {
  const fresh = (redactor = new Redactor()): JournalStore => make({ redactor, now: tickingClock() });

  describe(`${name}: a journal`, () => {
    it('gives back what was appended, in order, each record chained to the one before', async () => {
      const store = fresh();
      const run = newRun();
      const journal = await store.create(run);
      const written = [];
      for (const record of [created, checked('a'), intent('a'), result('a')])
        written.push(await journal.append(record));

      expect(await store.read(run.id)).toEqual(written);
      expect(journal.records).toEqual(written);
      expect(written.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
      expect(written.map(({ prev }) => prev)).toEqual(['0'.repeat(64), ...written.slice(0, 3).map(({ hash }) => hash)]);
      expect(journal.head).toEqual({ seq: 4, hash: written[3]?.hash });
      expect(written[0]).toMatchObject({ v: 1, run: run.id, ts: '2026-01-01T00:00:02.000Z' });
    });

    it('computes a hash anybody can check: over prev and the bytes before the hash', async () => {
      const journal = await fresh().create(newRun());
      await journal.append(created);
      const { hash, ...body } = await journal.append(intent('a'));
      const text = JSON.stringify(body).slice(0, -1);
      expect(createHash('sha256').update(body.prev).update(text).digest('hex')).toBe(hash);
    });

    it('keeps the order of appends that were not waited for', async () => {
      const store = fresh();
      const run = newRun();
      const journal = await store.create(run);
      await Promise.all(['a', 'b', 'c', 'd'].map((task) => journal.append(intent(task))));
      expect((await store.read(run.id)).map(({ task }) => task)).toEqual(['a', 'b', 'c', 'd']);
    });

    it('gives its records one by one, and to whoever follows it', async () => {
      const store = fresh();
      const run = await writtenRun(store, [created, intent('a'), ended]);
      const all = await store.read(run);
      const collect = async (records: AsyncIterable<unknown>) => {
        const found = [];
        for await (const record of records) found.push(record);
        return found;
      };
      expect(await collect(store.scan(run))).toEqual(all);
      expect(await collect(store.follow(run, new AbortController().signal))).toEqual(all);
    });

    it('writes what is appended and not waited for before it closes', async () => {
      const store = fresh();
      const journal = await store.create(newRun());
      const last = [journal.append(created), journal.append(intent('a'))];
      await journal.close();
      expect(await store.read(journal.run)).toEqual(await Promise.all(last));
    });

    it('is not changed by what the caller does to its data afterwards', async () => {
      const journal = await fresh().create(newRun());
      const params = { list: ['one'] };
      const record = await journal.append(intent('a', params));
      params.list.push('two');
      expect(record.data).toMatchObject({ params: { list: ['one'] } });
    });

    it('seals its end with the hash of the record before', async () => {
      const store = fresh();
      const journal = await store.create(newRun());
      const before = await journal.append(created);
      const last = await journal.append(ended);
      expect(last.data).toMatchObject({ head: before.hash });
      expect(await store.verify(journal.run)).toEqual({ records: 2, head: last.hash, torn_bytes: 0 });
    });

    it('refuses a BigInt as our own defect, and goes on', async () => {
      const journal = await fresh().create(newRun());
      const data = { ...result('a').data, out: { rows: [1n] } };
      const error = await failure(() => journal.append({ ...result('a'), data: data as never }));
      expect(error).toMatchObject({ code: 'BUG', message: expect.stringContaining('data.out.rows.0') });
      expect((await journal.append(created)).seq).toBe(1);
    });

    it('refuses to append after it was closed', async () => {
      const journal = await fresh().create(newRun());
      await journal.close();
      await journal.close();
      expect(await failure(() => journal.append(created))).toMatchObject({ code: 'BUG' });
    });

    it('goes on where it stopped when it is opened again', async () => {
      const store = fresh();
      const run = await writtenRun(store, [created, intent('a')]);
      const journal = await store.open(run);
      expect(journal.records).toHaveLength(2);
      expect((await journal.append(result('a'))).seq).toBe(3);
      expect(await store.verify(run)).toMatchObject({ records: 3 });
    });

    it('gives large values back as they were, and values that look like a reference', async () => {
      const store = fresh();
      const out = { text: 'größe '.repeat(30_000), like: { $blob: 'f'.repeat(64), bytes: 3 } };
      const run = await writtenRun(store, [created, result('a', out), result('b', out.like)]);
      const [, a, b] = await store.read(run);
      expect(a?.data).toMatchObject({ out });
      expect(b?.data).toMatchObject({ out: out.like });
      expect((await store.open(run)).records).toEqual(await store.read(run));
    });

    it('masks secrets wherever they are, and writes a Secret as its reference', async () => {
      const redactor = new Redactor();
      const secret = new Secret('env:PASSWORD', 'hunter2hunter2');
      redactor.add(secret);
      const store = fresh(redactor);
      const out = { [`key ${secret.reveal()}`]: [`value ${secret.reveal()}`], held: secret as never };
      const run = await writtenRun(store, [created, { ...result('a', out), item: secret.reveal() }]);
      const text = JSON.stringify(await store.read(run));
      expect(text).not.toContain(secret.reveal());
      expect(text).toContain('env:PASSWORD');
    });
  });

  describe(`${name}: the list of runs`, () => {
    it('comes newest first, up to a limit, and by cluster', async () => {
      const store = fresh();
      const first = await writtenRun(store, [created, ended], { cluster: 'blue' });
      const second = await writtenRun(store, [created, ended], { cluster: 'green' });
      const third = await writtenRun(store, [created], { cluster: 'blue', reason: 'a drill' });

      const ids = async (options: { limit: number; cluster?: string }) =>
        (await store.list(options)).map(({ id }) => id);
      expect(await ids({ limit: 10 })).toEqual([third, second, first]);
      expect(await ids({ limit: 2 })).toEqual([third, second]);
      expect(await ids({ limit: 0 })).toEqual([]);
      expect(await ids({ limit: 10, cluster: 'blue' })).toEqual([third, first]);
      expect(await store.list({ limit: 1, cluster: 'green' })).toEqual([
        {
          id: second,
          playbook: 'switchover',
          version: '1.0.0',
          cluster: 'green',
          status: 'succeeded',
          changed: true,
          actor: 'anna',
          reason: null,
          started_at: expect.any(String),
          ended_at: expect.any(String),
          parent: null,
        },
      ]);
    });

    it('says running while a run is driven, interrupted when it was left, and running again after a resume', async () => {
      const store = fresh();
      const status = async () => (await store.list({ limit: 1 }))[0]?.status;
      const run = newRun();
      const journal = await store.create(run);
      expect(await status()).toBe('running');
      await journal.append(created);
      await journal.close();
      expect(await status()).toBe('interrupted');

      const again = await store.open(run.id);
      await again.append({
        type: 'run.resumed',
        data: { pgdba: '0.1.0', actor: 'ben', host: 'box', pid: process.pid },
      });
      expect(await status()).toBe('running');
      await again.append(ended);
      await again.close();
      expect(await status()).toBe('succeeded');
    });

    it('says how a run was parked, and not that it was interrupted', async () => {
      const store = fresh();
      for (const status of ['waiting', 'drift', 'needs-decision'] as const) {
        const parked = { type: 'run.parked', data: { why: 'x', status, error: null } } as const;
        const run = await writtenRun(store, [
          created,
          parked,
          { type: 'lease.released', data: { keys: ['topology'] } },
        ]);
        expect(await store.summary(run)).toMatchObject({ status, changed: null, ended_at: null, pid: null });
        expect(await store.list({ limit: 1, status })).toMatchObject([{ id: run }]);
        const again = await store.open(run);
        await again.append({ type: 'run.resumed', data: { pgdba: '0.1.0', actor: 'ben', host: 'box', pid: 1 } });
        expect((await store.summary(run))?.status).toBe('running');
        await again.close();
        expect((await store.summary(run))?.status).toBe('interrupted');
      }
    });

    it('names the run that started a child run, and leaves child runs out when asked to', async () => {
      const store = fresh();
      const parent = await writtenRun(store, [created, ended]);
      const child = await writtenRun(store, [created, ended], { parent });
      expect(await store.list({ limit: 9 })).toMatchObject([
        { id: child, parent },
        { id: parent, parent: null },
      ]);
      expect(await store.list({ limit: 1, children: false })).toMatchObject([{ id: parent }]);
      expect(await store.summary(child)).toMatchObject({ parent });
    });

    it('forgets a run that was removed, and refuses to remove one that is open', async () => {
      const store = fresh();
      const old = await writtenRun(store, [created, ended]);
      const next = await writtenRun(store, [created, ended]);
      expect(await store.size(next)).toBeGreaterThan(0);
      await store.remove(next);
      expect((await store.list({ limit: 9 })).map(({ id }) => id)).toEqual([old]);
      expect(await store.summary(next)).toBeNull();
      expect(await store.resolve('last')).toBe(old);
      for (const ask of [() => store.read(next), () => store.resolve(next), () => store.remove(next)]) {
        expect(await failure(ask)).toMatchObject({ code: 'RUN_UNKNOWN' });
      }
      const open = await writtenRun(store, [created]);
      expect(await failure(() => store.remove(open))).toMatchObject({
        code: 'RUN_OPEN',
        facts: { status: 'interrupted' },
      });
      const driven = await store.create(newRun());
      expect(await failure(() => store.remove(driven.run))).toMatchObject({ facts: { status: 'running' } });
    });

    it('tells of one run who drives it, and of none that is not there', async () => {
      const store = fresh();
      const journal = await store.create(newRun());
      expect(await store.summary(journal.run)).toMatchObject({ id: journal.run, status: 'running', pid: process.pid });
      await journal.append(created);
      await journal.close();
      expect(await store.summary(journal.run)).toMatchObject({ status: 'interrupted', pid: null });
      expect(await store.summary(ulid())).toBeNull();
    });

    it('knows a run that was left before its first record, and lets go of it', async () => {
      const store = fresh();
      const journal = await store.create(newRun());
      await journal.close();
      expect(await store.list({ limit: 9, status: 'never-began' })).toMatchObject([{ id: journal.run }]);
      await store.remove(journal.run);
      expect(await store.list({ limit: 9 })).toEqual([]);
    });

    it('tells which texts it keeps, by their hashes', async () => {
      const store = fresh();
      const children = [{ file: 'a.yaml', source: 'a\n' }];
      const run = await writtenRun(store, [], { source: 'abc', children });
      expect(await store.storedTexts(run)).toEqual([
        {
          file: 'playbooks/switchover.yaml',
          sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        },
        { file: 'a.yaml', sha256: '87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7' },
      ]);
    });

    it('takes up a run that ended in failure, and lists its new end', async () => {
      const store = fresh();
      const failed = { ...ended, data: { ...ended.data, status: 'failed' } } as const;
      const run = await writtenRun(store, [created, failed]);
      const journal = await store.open(run);
      await journal.append({
        type: 'run.resumed',
        data: { pgdba: '0.1.0', actor: 'ben', host: 'box', pid: process.pid },
      });
      expect(await store.summary(run)).toMatchObject({ status: 'running', changed: null });
      await journal.append(ended);
      expect(await store.summary(run)).toMatchObject({ status: 'succeeded', changed: true });
      expect(await store.verify(run)).toMatchObject({ records: 4 });
    });

    it('takes for the last run what somebody started, not what a run has started', async () => {
      const store = fresh();
      const ids = ['01JABCDEFGHJKMNPQRSTVWXYZ0', '01JABCDEFGHJKMNPQRSTVWXYZ1'] as const;
      await writtenRun(store, [created], { id: ids[0], cluster: 'blue' });
      await writtenRun(store, [created], { id: ids[1], cluster: 'blue', parent: ids[0] });
      expect(await store.resolve('last')).toBe(ids[0]);
      expect(await store.resolve('last:blue')).toBe(ids[0]);
      expect(await store.resolve('xyz1')).toBe(ids[1]);
    });

    it('finds runs by last, last of a cluster, and a part of the id in any case', async () => {
      const store = fresh();
      const ids = ['01JABCDEFGHJKMNPQRSTVWXYZ0', '01JABCDEFGHJKMNPQRSTVWXYZ1'] as const;
      await writtenRun(store, [created], { id: ids[0], cluster: 'blue' });
      await writtenRun(store, [created], { id: ids[1], cluster: 'green' });

      expect(await store.resolve('last')).toBe(ids[1]);
      expect(await store.resolve('last:blue')).toBe(ids[0]);
      expect(await store.resolve('xyz0')).toBe(ids[0]);
      expect(await store.resolve(ids[1])).toBe(ids[1]);
      expect(await failure(() => store.resolve('xyz'))).toMatchObject({ code: 'RUN_UNKNOWN' });
      expect(await failure(() => store.resolve('last:red'))).toMatchObject({ code: 'RUN_UNKNOWN' });
      expect(await failure(() => store.resolve('WXYZ'))).toMatchObject({
        code: 'RUN_AMBIGUOUS',
        facts: { matches: [ids[1], ids[0]] },
      });
    });

    it('keeps the playbook a run was started with', async () => {
      const store = fresh();
      const source = '# mine\nname: x\n';
      const run = await writtenRun(store, [created], { source, file: '/srv/x "y".yaml' });
      expect(await store.playbook(run)).toEqual({ source, file: '/srv/x "y".yaml', children: [] });
    });

    it('keeps the playbooks of child runs beside it, in their order', async () => {
      const store = fresh();
      const children = Array.from({ length: 12 }, (_, at) => ({
        file: `/srv/child "${at}".yaml`,
        source: `name: c${at}\n`,
      }));
      const run = await writtenRun(store, [created], { source: '# from "me" with love\n', children });
      expect(await store.playbook(run)).toMatchObject({ source: '# from "me" with love\n', children });
    });

    it('gives a newer playbook once it was replaced, children too', async () => {
      const store = fresh();
      const [one, two] = [
        { file: 'a.yaml', source: 'a\n' },
        { file: 'b.yaml', source: 'b\n' },
      ];
      const run = await writtenRun(store, [created], { source: 'old\n', children: [one, two] });
      for (const source of ['new\n', 'newest\n']) {
        await store.replacePlaybook(run, { file: 'x.yaml', source, children: [two] });
        expect(await store.playbook(run)).toEqual({ file: 'x.yaml', source, children: [two] });
      }
      await store.replacePlaybook(run, { file: 'x.yaml', source: 'alone\n', children: [] });
      expect(await store.playbook(run)).toEqual({ file: 'x.yaml', source: 'alone\n', children: [] });
    });

    it('does not know a run that was never there', async () => {
      const store = fresh();
      const run = ulid();
      for (const ask of [
        () => store.open(run),
        () => store.read(run),
        () => store.verify(run),
        () => store.playbook(run),
      ]) {
        expect(await failure(ask)).toMatchObject({ code: 'RUN_UNKNOWN' });
      }
      expect(await failure(() => store.resolve('last'))).toMatchObject({ code: 'RUN_UNKNOWN' });
      expect(await store.list({ limit: 5 })).toEqual([]);
    });
  });
}
