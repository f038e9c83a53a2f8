import {
  defineStep,
  formatDuration,
  type MemberLook,
  PgdbaError,
  pending,
  satisfied,
  Type,
} from '../../src/step/index.ts';

const params = Type.Object({
  candidate: Type.Member(),
  max_transaction: Type.Duration({ description: 'A transaction open for longer is in the way.' }),
  max_archive_backlog: Type.Optional(
    Type.Integer({ minimum: 0, description: 'WAL segments that may wait to be archived [4].' }),
  ),
  max_archive_time: Type.Optional(Type.Duration({ description: 'How long archiving one segment may take [5s].' })),
});

export default defineStep({
  id: 'postgres.check-handover',
  version: 1,
  since: '0.2.0',
  summary:
    'Find what would hold up or suffer from a handover: transactions, archiving, backups, too few senders or slots.',
  effect: 'none',
  risk: 'read-only',
  params,
  result: Type.Object({
    longest_transaction_ms: Type.Integer(),
    prepared_transactions: Type.Integer(),
    archive_backlog: Type.Integer({ description: 'Segments that wait; 0 when nothing is archived.' }),
    archive_ms: Type.Union([Type.Integer(), Type.Null()], {
      description: 'How long the last segment took to be archived; null when nobody knows.',
    }),
    free_senders: Type.Integer({ description: 'On the candidate.' }),
    free_slots: Type.Integer({ description: 'On the candidate, those of other members counted as free.' }),
  }),
  settle: { every: '500ms' },
  examples: [{ title: 'One standby', with: { candidate: 'n2', max_transaction: '15s' } }],

  async check(look) {
    const { candidate: name, max_transaction, max_archive_backlog = 4, max_archive_time = 5000 } = look.params;
    const [primary, candidate, cluster] = await Promise.all([look.primary(), look.member(name), look.cluster()]);
    const [open, prepared, archiver, backups, capacity] = await Promise.all([
      readTransactions(primary),
      readPrepared(primary),
      readArchiver(primary),
      readBackups([primary, candidate], cluster.pg_major),
      readCapacity(candidate),
    ]);
    const long = open.filter(({ ms }) => ms > max_transaction);
    const followers = cluster.members.length - 1;
    const problems = [
      ...long.map((one) => `transaction of pid ${one.pid} (${one.who}) is open for ${formatDuration(one.ms)}`),
      ...(prepared > 0 ? [`${prepared} prepared transactions hold their locks`] : []),
      ...archiverProblems(archiver, max_archive_backlog, max_archive_time),
      ...backups.map((member) => `a base backup runs on ${member}`),
      ...(capacity.senders < followers
        ? [`${name} has ${capacity.senders} free senders for ${followers} members`]
        : []),
      ...(capacity.slots < followers ? [`${name} has ${capacity.slots} free slots for ${followers} members`] : []),
    ];
    // How long archiving takes is not known yet, but will be in a moment.
    if (problems.length === 0 && archiver.on && archiver.waiting > 0 && archiver.took_ms === null) {
      return pending('a WAL segment is being archived');
    }
    if (problems.length === 0) {
      return satisfied({
        longest_transaction_ms: Math.max(0, ...open.map(({ ms }) => ms)),
        prepared_transactions: prepared,
        archive_backlog: archiver.waiting,
        archive_ms: archiver.took_ms,
        free_senders: capacity.senders,
        free_slots: capacity.slots,
      });
    }
    const pids = long.map(({ pid }) => pid).join(', ');
    throw new PgdbaError('HANDOVER_HINDERED', {
      facts: { primary: primary.name, problems },
      hint:
        long.length > 0
          ? `let pid ${pids} end, or end it on ${primary.host}:${primary.port} with select pg_terminate_backend(pid); then run it again`
          : 'let that end or mend it, then run it again',
    });
  },
});

interface Transaction {
  readonly pid: number;
  readonly who: string;
  readonly ms: number;
}

async function readTransactions(primary: MemberLook): Promise<Transaction[]> {
  return primary.sql<Transaction>(`
    select pid, pg_catalog.concat_ws(' ', usename, pg_catalog.quote_literal(application_name), client_addr) as who,
           (extract(epoch from pg_catalog.clock_timestamp() - xact_start) * 1000)::pg_catalog.int4 as ms
      from pg_catalog.pg_stat_activity
     where backend_type = 'client backend' and xact_start is not null and pid <> pg_catalog.pg_backend_pid()
       and application_name not like 'pgdba/%'
     order by xact_start`);
}

async function readPrepared(primary: MemberLook): Promise<number> {
  const [row] = await primary.sql<{ count: number }>(
    'select count(*)::pg_catalog.int4 as count from pg_catalog.pg_prepared_xacts',
  );
  return row?.count ?? 0;
}

interface Archiver {
  readonly on: boolean;
  readonly waiting: number;
  readonly oldest_ms: number;
  readonly failing: boolean;
  readonly took_ms: number | null;
}

// A `.ready` file becomes `.done` by rename, so a `.done` file's time is still the moment when its segment was ready.
async function readArchiver(primary: MemberLook): Promise<Archiver> {
  const [row] = await primary.sql<Archiver>(`
    with files as (select name, modification from pg_catalog.pg_ls_archive_statusdir())
    select pg_catalog.current_setting('archive_mode') <> 'off' as on,
           (select count(*)::pg_catalog.int4 from files where name like '%.ready') as waiting,
           (select coalesce(extract(epoch from pg_catalog.clock_timestamp() - min(modification)) * 1000, 0)
                   ::pg_catalog.int4 from files where name like '%.ready') as oldest_ms,
           coalesce(last_failed_time > last_archived_time, last_failed_time is not null) as failing,
           (select (extract(epoch from last_archived_time - modification) * 1000)::pg_catalog.int4
              from files where name = last_archived_wal || '.done') as took_ms
      from pg_catalog.pg_stat_archiver`);
  return row ?? { on: false, waiting: 0, oldest_ms: 0, failing: false, took_ms: null };
}

/** A clean shutdown waits until its last segment is archived. */
function archiverProblems({ on, waiting, oldest_ms, failing, took_ms }: Archiver, most: number, longest: number) {
  if (!on) return [];
  return [
    ...(failing ? ['archive_command failed the last time'] : []),
    ...(waiting > most ? [`${waiting} WAL segments wait to be archived`] : []),
    ...(waiting > 0 && oldest_ms > longest
      ? [`a WAL segment waits to be archived for ${formatDuration(oldest_ms)}`]
      : []),
    ...(took_ms !== null && took_ms > longest
      ? [`archiving the last WAL segment took ${formatDuration(took_ms)}`]
      : []),
  ];
}

/** Names of the members on which a base backup runs. */
async function readBackups(members: readonly MemberLook[], major: number): Promise<string[]> {
  const text = `select count(*)::pg_catalog.int4 as count from pg_catalog.pg_stat_progress_basebackup`;
  // Exclusive backups ended with PostgreSQL 15.
  const exclusive = 'select pg_catalog.pg_is_in_backup()::pg_catalog.int4 as count';
  const counts = await Promise.all(
    members.map(async (member) => {
      const rows = await Promise.all(
        [text, ...(major < 15 ? [exclusive] : [])].map((statement) => member.sql<{ count: number }>(statement)),
      );
      return rows.flat().reduce((sum, { count }) => sum + count, 0);
    }),
  );
  return members.flatMap(({ name }, index) => ((counts[index] ?? 0) > 0 ? [name] : []));
}

async function readCapacity(candidate: MemberLook): Promise<{ senders: number; slots: number }> {
  const [row] = await candidate.sql<{ senders: number; slots: number }>(`
    select pg_catalog.current_setting('max_wal_senders')::pg_catalog.int4
             - (select count(*)::pg_catalog.int4 from pg_catalog.pg_stat_replication) as senders,
           pg_catalog.current_setting('max_replication_slots')::pg_catalog.int4
             - (select count(*)::pg_catalog.int4 from pg_catalog.pg_replication_slots
                 where slot_type = 'logical' or active) as slots`);
  return row ?? { senders: 0, slots: 0 };
}
