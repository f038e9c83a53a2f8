import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectConsole } from '../../src/clients/pgbouncer.ts';
import type { Cluster, Member } from '../../src/inventory/cluster.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { shippedPlaybooks } from '../../src/playbook/catalogue.ts';
import { PatroniFront } from '../fakes/patroni-front.ts';
import { PostgresFront } from '../fakes/postgres-front.ts';
import { pgdba } from '../harness/cli.ts';
import { type ScratchHome, scratchHome } from '../harness/scratch-home.ts';
import { until } from '../harness/until.ts';
import { connectTo, secretOf } from '../harness/world.ts';
import { primaryOf, Writer } from './switchover-writer.ts';

const name = 'looked';
/** The first words of every session, alone: the text is fixed, and a transaction around it would cost three turns. */
const whoAreYou = 'select system_identifier::text from pg_catalog.pg_control_system()';
const shipped = (await shippedPlaybooks()).map((playbook) => playbook.name);

/** One cluster of two, and for a while a front before each of its doors that counts what comes through. */
describe('check mode', () => {
  let home: ScratchHome;
  let cluster: Cluster;
  const cli = (...argv: string[]) => pgdba(home.path, ...argv);
  const healthy = () =>
    until('a healthy cluster', async () => {
      const { data } = (await cli('cluster', 'status', '--name', name)).envelope;
      return data.healthy ? data : null;
    });

  beforeAll(async () => {
    home = await scratchHome();
    const made = await cli('cluster', 'init', '--provider', 'local', '--name', name, '--members', '2');
    expect(made.stderr).not.toMatch(/error/i);
    const found = await new Inventory(home.path).read(name);
    if (!found) throw new Error('the cluster is not in the inventory');
    cluster = found;
  });
  afterAll(async () => {
    await cli('cluster', 'destroy', '--name', name, '--confirm');
    await home.remove();
  });

  describe('through doors that are watched', () => {
    const rest: PatroniFront[] = [];
    const sql: PostgresFront[] = [];
    const stand = async (at: { host: string; port: number }, doors: PostgresFront[]) => {
      const front = await PostgresFront.before(at);
      doors.push(front);
      return front.port;
    };
    const asked = () => ({
      methods: [...new Set(rest.flatMap(({ requests }) => requests.map((request) => request.split(' ', 1)[0])))],
      looks:
        rest.flatMap(({ requests }) => requests).length + sql.flatMap(({ connections }) => connections.flat()).length,
      writes: sql.flatMap(({ writes }) => writes).filter((text) => text !== whoAreYou),
    });

    beforeAll(async () => {
      const members: Member[] = [];
      for (const member of cluster.members) {
        const patroni = await PatroniFront.before({ host: member.host, port: member.rest_port });
        rest.push(patroni);
        members.push({ ...member, port: await stand(member, sql), rest_port: patroni.port });
      }
      const services = await Promise.all(
        cluster.services.map(async (service) =>
          service.kind === 'pgbouncer' ? { ...service, port: await stand(service, sql) } : service,
        ),
      );
      await new Inventory(home.path).register({ ...cluster, members, services });
      // It would take transaction ids of its own.
      await onPrimary('alter system set autovacuum = off');
      await onPrimary('select pg_reload_conf()');
    });
    afterEach(() => {
      for (const front of rest) front.reset();
      for (const front of sql) front.reset();
    });
    afterAll(async () => {
      await new Inventory(home.path).register(cluster);
      await onPrimary('alter system reset autovacuum');
      await onPrimary('select pg_reload_conf()');
      for (const front of [...rest, ...sql]) await front.close();
    });

    it.each(shipped)(
      '%s asks by GET and in read-only transactions only, and leaves everything as it was',
      async (playbook) => {
        await healthy();
        for (const front of [...rest, ...sql]) front.reset();
        const was = await state();
        const { exit, envelope } = await cli('run', playbook, '--name', name, '--check', '--provider', 'local');
        expect([0, 3]).toContain(exit);
        expect(envelope.data.tasks.length).toBeGreaterThan(0);
        const { methods, looks, writes } = asked();
        expect(looks).toBeGreaterThan(0);
        expect(methods.filter((method) => method !== 'GET')).toEqual([]);
        expect(writes).toEqual([]);
        expect(await state()).toEqual(was);
      },
    );

    it('sees what a run does, which is why it can say that a check does not', async () => {
      const { primary } = await healthy();
      const file = join(home.path, 'change.yaml');
      writeFileSync(
        file,
        `apiVersion: pgdba/v1\nkind: Playbook\nname: change\nversion: "1.0.0"\nsummary: Change a little.\nrisk: safe
target: cluster\ntasks:\n  - { id: rest, uses: patroni.prove-rest@1, with: { members: [${primary}] } }
  - { id: table, uses: postgres.ensure-probe-table@1 }\n`,
      );
      const was = await state();
      const { envelope } = await cli('run', file, '--name', name);
      expect(envelope.run?.status).toBe('succeeded');
      expect(asked().methods).toContain('PATCH');
      expect(asked().writes.join('\n')).toMatch(/create table/i);
      const now = await state();
      expect(now.transactions).not.toEqual(was.transactions);
      expect(now.files).not.toEqual(was.files);
    });

    /**
     * Everything a write would leave a trace in. Each writing transaction takes the next id; the counters of
     * pg_stat_database would come too late to tell one test from the next.
     */
    async function state() {
      const primary = await primaryOf(cluster);
      const config = await fetch(`http://127.0.0.1:${memberOf(primary).rest_port}/config`);
      const [transactions] = await onPrimary('select pg_snapshot_xmax(pg_current_snapshot())::text as next');
      const [timeline] = await onPrimary('select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline');
      const files = filesBelow(home.path);
      return { primary, config: await config.json(), transactions, timeline, pools: await pools(), files };
    }
  });

  describe('saves a plan', () => {
    it('that is carried out under load, and only once: then the cluster is another one', async () => {
      const { primary } = await healthy();
      const file = join(home.path, 'switch.json');
      const writer = await Writer.start(cluster);
      const checked = await cli('failover', 'trigger', '--name', name, '--check', '--out', file);
      expect([checked.envelope.error, checked.exit]).toEqual([undefined, 0]);
      const again = await cli('run', '--plan', file, '--check');
      expect([again.envelope.error, again.exit]).toEqual([undefined, 0]);

      // A plan is no consent.
      const unasked = await cli('run', '--plan', file);
      expect([unasked.exit, unasked.envelope.code]).toEqual([3, 'CONSENT_REQUIRED']);

      const done = await cli('run', '--plan', file, '--yes');
      const { lost } = await writer.stop();
      expect([done.envelope.error, done.exit, writer.failures, lost]).toEqual([undefined, 0, [], []]);
      expect(await primaryOf(cluster)).not.toBe(primary);
      expect(created(home.path, done.envelope.run.id)).toMatchObject({ plan: checked.envelope.data.saved.hash });

      await healthy();
      const late = await cli('failover', 'trigger', '--plan', file, '--yes');
      expect([late.exit, late.envelope.code]).toEqual([3, 'PLAN_CHANGED']);
      expect([late.envelope.facts.difference, ...late.envelope.facts.more].join('\n')).toMatch(
        /the timeline was 1, is now 2\n(.*\n)*switch: would hand the primary role from n\d to n\d, would now hand/,
      );
      expect(late.envelope.run).toBeUndefined();
    });
  });

  function memberOf(wanted: string | null): Member {
    const member = cluster.members.find((candidate) => candidate.name === wanted);
    if (!member) throw new Error(`no member ${wanted}`);
    return member;
  }

  async function onPrimary(statement: string): Promise<object[]> {
    const session = await connectTo({ cluster }, memberOf(await primaryOf(cluster)));
    const { rows } = await session.query(statement);
    await session.close();
    return rows;
  }

  async function pools() {
    const pooler = cluster.services.find(({ kind }) => kind === 'pgbouncer');
    const open = await connectConsole({
      host: pooler?.host ?? '',
      port: pooler?.port ?? 0,
      user: 'pgdba',
      password: await secretOf({ cluster }, 'console'),
      application_name: 'test',
      connectTimeoutMs: 5000,
    });
    const databases = await open.databases();
    await open.close();
    return databases.map(({ name: database, host, port, paused, disabled }) => ({
      database,
      host,
      port,
      paused,
      disabled,
    }));
  }
});

/** Path, inode, size and time of change of everything in a home but the servers' own directories. */
function filesBelow(home: string): string[] {
  return readdirSync(home, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('clusters/'))
    .sort()
    .map((path) => {
      const { ino, size, mtimeMs, ctimeMs } = lstatSync(join(home, path));
      return [path, ino, size, mtimeMs, ctimeMs].join(' ');
    });
}

function created(home: string, run: string): unknown {
  const [first = ''] = readFileSync(join(home, 'runs', run, 'journal.jsonl'), 'utf8').split('\n', 1);
  return JSON.parse(first).data;
}
