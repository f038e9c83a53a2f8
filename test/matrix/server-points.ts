import { join } from 'node:path';
import { ulid } from 'ulid';
import { expect } from 'vitest';
import type { Cluster } from '../../src/inventory/cluster.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { type CliAnswer, pgdba } from '../harness/cli.ts';
import { processesWith } from '../harness/processes.ts';
import type { TracedProgram } from '../harness/strace.ts';
import { until } from '../harness/until.ts';
import { throughPooler } from '../integration/switchover-writer.ts';

const name = 'crashed';

/** One home with one cluster, and a playbook that is killed in the middle. */
export class ServerWorld {
  readonly home: string;

  constructor(home: string) {
    this.home = home;
  }

  cli(...argv: string[]): Promise<CliAnswer> {
    return pgdba(this.home, ...argv);
  }

  async done(...argv: string[]): Promise<void> {
    const { exit, stderr } = await this.cli(...argv);
    expect(exit, stderr).toBe(0);
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test reads any field and fails when it is not there
  async healthy(): Promise<any> {
    return until(
      'a healthy cluster',
      async () => {
        const { data } = (await this.cli('cluster', 'status', '--name', name)).envelope;
        return data?.healthy ? data : null;
      },
      120_000,
    );
  }

  /** Clients get through to a primary that takes their writes. */
  async flows(): Promise<void> {
    const open = await throughPooler(await this.cluster());
    try {
      await open.query('create temporary table flows (x int)');
    } finally {
      await open.close();
    }
  }

  async exists(): Promise<boolean> {
    return (await new Inventory(this.home).read(name)) !== null;
  }

  async cluster(): Promise<Cluster> {
    const cluster = await new Inventory(this.home).read(name);
    if (!cluster) throw new Error('the cluster is not in the inventory');
    return cluster;
  }

  /** The operator after a crash: resumes until the run has ended, or starts it again when it had not begun. */
  async finish(argv: readonly string[]): Promise<void> {
    const before = await this.cli('runs', 'list');
    const [newest] = before.envelope.data.runs;
    if (newest?.status === 'succeeded') return;
    for (let drives = 0; drives < 5; drives++) {
      const { exit, envelope } = await this.cli('runs', 'resume', 'last', ...confirmed(argv));
      if (exit === 0 || envelope.code === 'RUN_ENDED') return;
      if (envelope.code === 'RUN_UNKNOWN' || envelope.code === 'RUN_NEVER_BEGAN') return this.done(...argv);
      expect(['interrupted', 'needs-decision'], JSON.stringify(envelope)).toContain(envelope.run?.status);
    }
    throw new Error('the run does not come to its end');
  }
}

/** A verb that is killed, what the world must be before, and what it must be when the verb has been brought to its end. */
export interface ServerCase {
  readonly title: string;
  readonly argv: readonly string[];
  /** How many it writes, more or less: where a short run chooses its points; 0: it leaves this one to the long run. */
  readonly records: number;
  /** Each point begins with no cluster at all. */
  readonly fresh: boolean;
  readonly begin: (world: ServerWorld) => Promise<unknown>;
  readonly check: (world: ServerWorld, begun: unknown) => Promise<void>;
}

const named = ['--name', name];
const init = ['cluster', 'init', '--provider', 'local', ...named];

/** Where it leads and on which timeline: a switchover moves both by one, and no more. */
async function standing(world: ServerWorld): Promise<{ primary: string; timeline: number }> {
  const { primary, members } = await world.healthy();
  const { timeline } = members.find((member: { name: string }) => member.name === primary);
  return { primary, timeline };
}

export const serverCases: readonly ServerCase[] = [
  {
    title: 'init-cluster',
    argv: init,
    fresh: true,
    records: 34,
    begin: async () => undefined,
    async check(world) {
      expect(await world.healthy()).toMatchObject({ replica_count: 2 });
      await world.flows();
    },
  },
  {
    title: 'switchover',
    records: 31,
    argv: ['failover', 'trigger', ...named, '--yes'],
    fresh: false,
    begin: standing,
    async check(world, begun) {
      const before = begun as Awaited<ReturnType<typeof standing>>;
      const after = await standing(world);
      expect(after.timeline).toBe(before.timeline + 1);
      expect(after.primary).not.toBe(before.primary);
      await world.flows();
    },
  },
  {
    title: 'stop-cluster',
    records: 20,
    argv: ['cluster', 'stop', ...named, '--yes'],
    fresh: false,
    begin: (world) => world.done('cluster', 'start', ...named),
    async check(world) {
      expect(processesWith((await world.cluster()).directory)).toEqual([]);
    },
  },
  {
    title: 'start-cluster',
    records: 23,
    argv: ['cluster', 'start', ...named],
    fresh: false,
    begin: (world) => world.done('cluster', 'stop', ...named, '--yes'),
    async check(world) {
      await world.healthy();
      await world.flows();
    },
  },
  {
    title: 'destroy-cluster',
    records: 0,
    argv: ['cluster', 'destroy', ...named, '--confirm'],
    fresh: true,
    begin: async (world) => {
      await world.done(...init);
      return (await world.cluster()).directory;
    },
    async check(world, directory) {
      expect(processesWith(String(directory))).toEqual([]);
      expect(await world.exists()).toBe(false);
    },
  },
];

export async function makeCluster(world: ServerWorld): Promise<void> {
  await world.done(...init);
}

export async function destroyCluster(world: ServerWorld): Promise<void> {
  await world.cli('cluster', 'destroy', ...named, '--confirm');
}

/** This verb as a program whose journal is known before it runs. */
export function traced(launcher: string, { home }: ServerWorld, argv: readonly string[]): TracedProgram {
  const ids = Array.from({ length: 6 }, () => ulid());
  const { PATH, HOME } = process.env;
  return {
    argv: [process.execPath, launcher, ...argv],
    env: { PATH, HOME, PGDBA_HOME: home, FIXED_ULIDS: ids.join(',') },
    files: ids.map((id) => join(home, 'runs', id, 'journal.jsonl')),
  };
}

/** Going on with destructive work needs the consent anew. */
function confirmed(argv: readonly string[]): readonly string[] {
  return argv.includes('--confirm') ? [...named, '--confirm'] : [];
}
