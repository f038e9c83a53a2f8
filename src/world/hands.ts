import { setTimeout as delay } from 'node:timers/promises';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { AnyParams } from '../step/define-step.ts';
import type { Act, Messenger } from '../step/index.ts';
import { bindProvider } from './bind-provider.ts';
import { findPrimary } from './find-primary.ts';
import { hostRuns } from './host-handle.ts';
import { knownCluster, noTarget } from './known-cluster.ts';
import { memberAct } from './member-handle.ts';
import type { Occasion } from './occasion.ts';
import { poolerHandle } from './pooler-handle.ts';
import { serviceReasons } from './service-reasons.ts';
import { unknownMember } from './sessions.ts';
import type { Surroundings } from './surroundings.ts';
import { readTopology } from './topology.ts';
import { webAct } from './web-handle.ts';

/** What the world has for a verb beside its cluster. */
interface Beside {
  readonly messenger: Messenger | undefined;
  waited(): number;
}

/** Eyes and hands of one verb on everything. */
export function hands(occasion: Occasion, around: Surroundings, { messenger, waited }: Beside): Act<AnyParams> {
  const { target, signal } = occasion;
  const { redactor } = around;
  const cluster = () => knownCluster(around.inventory, target);
  const members = async () => {
    const known = await cluster();
    return known.members.map((member) => memberAct(around, known, member));
  };
  const poolers = async () => {
    const known = await cluster();
    const services = known.services.filter((service) => service.kind === 'pgbouncer');
    return services.map((pooler) => poolerHandle(around, known, pooler));
  };
  return {
    params: occasion.params,
    run: occasion.run,
    signal,
    now: () => new Date(),
    sleep: async (ms) => {
      await delay(ms, undefined, { signal });
    },
    log: (message) => occasion.log(message),
    progress: (now) => occasion.progress(now),
    waited,
    masked: (text, cut = false) => (cut ? redactor.redactCut(text) : redactor.redact(text)),
    maskedJson: (value) => redactor.redactJson(value),
    host: hostRuns(signal, occasion.child),
    web: webAct(signal),
    notifications: messenger?.names ?? [],
    notify: async (to, message) => (messenger ?? nobody).tell(to, message, signal),
    get target() {
      return target ?? noTarget();
    },
    cluster,
    members,
    async member(name) {
      const known = await cluster();
      const member = known.members.find((candidate) => candidate.name === name);
      if (!member) throw unknownMember(known, name);
      return memberAct(around, known, member);
    },
    async primary() {
      return findPrimary(await cluster(), await members());
    },
    poolers,
    topology: async () => {
      const known = await cluster();
      const [topology, reasons] = await Promise.all([
        members().then(readTopology),
        poolers().then((doors) => serviceReasons(around.provider, known, doors)),
      ]);
      const all = [...topology.reasons, ...reasons];
      return { ...topology, reasons: all, healthy: all.length === 0 };
    },
    provider: bindProvider(around.provider, cluster),
    inventory: {
      read: (name) => around.inventory.read(name),
      register: (entry) => around.inventory.register(entry),
      forget: (id) => around.inventory.forget(id),
    },
  };
}

/** Without a single target every name is unknown. */
const nobody: Pick<Messenger, 'tell'> = {
  tell: async ([name = '']) => {
    throw new PgdbaError('NOTIFICATION_UNKNOWN', {
      facts: { name },
      hint: 'the configuration has no `notifications:`; docs/notifications.md shows how to write one',
    });
  },
};
