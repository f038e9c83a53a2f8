import { PgdbaError } from '../errors/pgdba-error.ts';
import type { FenceMark } from '../journal/record.ts';
import type { ClusterStanding } from '../world/read-standing.ts';
import type { Fence } from './drive-context.ts';
import type { EngineParts } from './engine-parts.ts';
import type { LeaseSubject } from './lease-cluster.ts';

/**
 * The fence of a run on the cluster it is about: PostgreSQL's own proof of who moved it, since every promotion raises
 * the timeline. Null where there is nothing to compare: no cluster, one that has no identity yet, a run that only reads.
 */
export function openFence(
  { world }: Pick<EngineParts, 'world'>,
  { run, playbook, target, cluster }: LeaseSubject,
): Fence | null {
  if (playbook.risk === 'read-only' || target === null || !cluster?.system_identifier) return null;
  const look = (signal: AbortSignal) => world.standing(target, run, signal);
  const fenced = (expected: string, found: string) =>
    new PgdbaError('FENCED', {
      facts: { cluster: target.name, run, found, expected },
      hint: `look first: pgdba cluster status --name ${target.name}; if that is well: pgdba runs resume ${run} --accept`,
    });
  return {
    async assertUnmoved(lastSeen, signal) {
      const found = await look(signal).catch((thrown: unknown) => {
        throw lastSeen && isOtherSystem(thrown) ? fenced(inWords(lastSeen).system, otherSystem(thrown)) : thrown;
      });
      // Who was told to stop did not hear the answer: that is not the same as nobody giving one.
      signal.throwIfAborted();
      if (!found) return null;
      if (lastSeen && found.system_identifier !== lastSeen.system_identifier) {
        throw fenced(inWords(lastSeen).system, `${inWords(found).system} (${found.primary})`);
      }
      if (lastSeen && found.timeline !== lastSeen.timeline) {
        throw fenced(inWords(lastSeen).timeline, `${inWords(found).timeline} (primary ${found.primary})`);
      }
      return markOf(found);
    },
    async read(signal) {
      const found = await look(signal).catch((thrown: unknown) => {
        if (thrown instanceof PgdbaError && thrown.class !== 'bug') return null;
        throw thrown;
      });
      return found && markOf(found);
    },
  };
}

function markOf({ system_identifier, timeline }: ClusterStanding): FenceMark {
  return { system_identifier, timeline };
}

function inWords({ system_identifier, timeline }: FenceMark) {
  return { system: `database system ${system_identifier}`, timeline: `timeline ${timeline}` };
}

/** The session refuses a database system that is not the recorded one before anybody can ask it more. */
function isOtherSystem(thrown: unknown): thrown is PgdbaError {
  return thrown instanceof PgdbaError && thrown.code === 'IDENTITY_MISMATCH';
}

function otherSystem({ facts }: PgdbaError): string {
  return `database system ${String(facts['found'])} (${String(facts['where'])})`;
}
