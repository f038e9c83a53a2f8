import {
  type Cluster,
  change,
  defineStep,
  kept,
  type Look,
  PgdbaError,
  type Static,
  satisfied,
  Type,
  undone,
} from '../../src/step/index.ts';

const server = Type.Object({ name: Type.String(), host: Type.String(), port: Type.Integer() });

const params = Type.Object({
  members: Type.Integer({ minimum: 1, maximum: 9, description: 'How many PostgreSQL members.' }),
  pg_major: Type.Integer({ minimum: 13 }),
  environment: Type.Optional(Type.String({ description: 'Free word such as production or test.' })),
});

const memo = Type.Object({
  /** The entry to write; null when it is there and only its directory or secrets are missing. */
  entry: Type.Union([Type.Null(), Type.Unsafe<Cluster>({ type: 'object' })]),
  id: Type.String(),
  existed: Type.Boolean(),
});

export default defineStep({
  id: 'cluster.register',
  version: 1,
  since: '0.1.0',
  summary: 'Enter a new cluster into the inventory, with its ports, its marked directory and its generated secrets.',
  effect: 'idempotent',
  risk: 'safe',
  params,
  result: Type.Object({
    id: Type.String(),
    directory: Type.String(),
    pg_major: Type.Integer(),
    members: Type.Array(server),
    services: Type.Array(Type.Object({ name: Type.String(), kind: Type.String(), port: Type.Integer() })),
    app_password: Type.String({ description: 'Where the password of role app lies; a reference, not the password.' }),
  }),
  memo,

  async check(look) {
    const { target, provider, inventory } = look;
    const known = await inventory.read(target.name);
    const place = await provider.placeOf(target.name);
    if (place.state === 'marked' && !known) {
      throw new PgdbaError('DIRECTORY_ORPHANED', {
        facts: { directory: place.directory, mark: place.mark },
        hint: 'restore clusters.json from a copy; its servers may be running, so do not move the directory away',
      });
    }
    if (place.state === 'foreign' || (place.state === 'marked' && place.mark !== known?.id)) {
      throw new PgdbaError('DIRECTORY_FOREIGN', {
        facts: { directory: place.directory, mark: place.mark },
        hint: 'choose another name, or move that directory away if you know whose it is',
      });
    }
    if (!known) {
      const entry = await draft(look, place.directory);
      const summary = `register ${target.name}: PostgreSQL ${entry.pg_major}, ${entry.members.length} members`;
      return change(
        summary,
        { entry, id: entry.id, existed: false },
        // Not its ports: they are drawn anew at every look.
        { diff: `+ ${entry.directory}\n+ members: ${entry.members.map(({ name }) => name).join(', ')}` },
      );
    }
    refuseAnotherSpec(known, look.params);
    if (place.state === 'none' || known.secrets['app'] === undefined) {
      return change(`make the directory of ${target.name}`, {
        entry: null,
        id: known.id,
        existed: known.system_identifier !== null,
      });
    }
    return satisfied({
      id: known.id,
      directory: known.directory,
      pg_major: known.pg_major,
      members: known.members.map(({ name, host, port }) => ({ name, host, port })),
      services: known.services.map(({ name, kind, port }) => ({ name, kind, port })),
      app_password: known.secrets['app'],
    });
  },

  async apply({ provider, inventory, cluster }, { entry }) {
    if (entry) await inventory.register(entry);
    const secrets = await provider.ensurePlace();
    await inventory.register({ ...(await cluster()), secrets });
  },

  async rollback({ provider, inventory, target }, { existed, id }) {
    if (existed) return kept('the cluster was there before this run');
    if ((await inventory.read(target.name))?.id !== id) return undone;
    await provider.removePlace();
    await inventory.forget(id);
    return undone;
  },
});

async function draft(look: Look<Static<typeof params>>, directory: string): Promise<Cluster> {
  const { target, provider, params: wanted, run } = look;
  const ports = await provider.freePorts(wanted.members * 2 + 3);
  const port = () => {
    const next = ports.pop();
    if (next === undefined) throw new PgdbaError('BUG', { facts: { problem: 'the provider gave too few free ports' } });
    return next;
  };
  const names = Array.from({ length: wanted.members }, (_, index) => `n${index + 1}`);
  const host = '127.0.0.1';
  return {
    id: run.id,
    name: target.name,
    provider: target.provider,
    managed: true,
    protected: false,
    environment: wanted.environment ?? null,
    labels: {},
    system_identifier: null,
    pg_major: wanted.pg_major,
    directory,
    members: names.map((name) => ({ name, host, port: port(), rest_port: port() })),
    services: [
      { name: 'etcd', kind: 'etcd', host, port: port(), peer_port: port() },
      { name: 'pooler', kind: 'pgbouncer', host, port: port(), peer_port: null },
    ],
    secrets: {},
    created_at: look.now().toISOString(),
    created_by_run: run.id,
  };
}

function refuseAnotherSpec(known: Cluster, wanted: Static<typeof params>): void {
  const differences = [
    known.members.length === wanted.members ? [] : [`members: ${known.members.length} → ${wanted.members}`],
    known.pg_major === wanted.pg_major ? [] : [`pg_major: ${known.pg_major} → ${wanted.pg_major}`],
    known.managed ? [] : ['it is external: pgdba did not make it'],
  ].flat();
  if (differences.length === 0) return;
  throw new PgdbaError('CLUSTER_SPEC_DIFFERS', {
    facts: { cluster: known.name, diff: differences },
    hint: `choose another --name, or give the cluster's own values: --members ${known.members.length} --pg-major ${known.pg_major}`,
  });
}
