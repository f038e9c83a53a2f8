import { change, defineStep, kept, type Look, satisfied, Type } from '../../src/step/index.ts';

const params = Type.Object({});

export default defineStep({
  id: 'patroni.ensure-slots',
  version: 1,
  since: '0.1.0',
  summary: 'Have the leader make the replication slot of every standby now, not in its next loop.',
  effect: 'idempotent',
  risk: 'safe',
  params,
  result: Type.Object({ slots: Type.Array(Type.String()) }),
  memo: Type.Object({ missing: Type.Array(Type.String()) }),
  settle: { every: '100ms', within: '20s' },

  async check(look) {
    const missing = await missingSlots(look);
    if (missing.length === 0) return satisfied({ slots: await wantedSlots(look) });
    return change(`make the slots ${missing.join(', ')}`, { missing });
  },

  // Patroni makes slots in the leader's loop, up to loop_wait after a member has joined, and until then that standby
  // cannot stream. A PATCH that changes nothing wakes the loop at once (Patroni 3.0–4.1, api.py do_PATCH_config).
  async apply(act) {
    const primary = await act.primary();
    await untilJoined(act, primary.name);
    // A wake that arrives while the loop is running is lost, so it is repeated until the slots are there.
    for (let wakes = 0; wakes < 10 && (await missingSlots(act)).length > 0; wakes += 1) {
      await primary.wake();
      for (let looks = 0; looks < 10 && (await missingSlots(act)).length > 0; looks += 1) await act.sleep(100);
    }
  },

  async rollback() {
    return kept('Patroni drops a slot when its member leaves');
  },
});

async function wantedSlots(look: Look): Promise<string[]> {
  const { name: primary } = await look.primary();
  const { members } = await look.cluster();
  return members.filter(({ name }) => name !== primary).map(({ name }) => slotName(name));
}

async function missingSlots(look: Look): Promise<string[]> {
  const primary = await look.primary();
  const rows = await primary.sql<{ slot: string }>('select slot_name as slot from pg_catalog.pg_replication_slots');
  return (await wantedSlots(look)).filter((name) => rows.every(({ slot }) => slot !== name));
}

/** The loop makes slots for those members only that have entered the DCS. */
async function untilJoined(look: Look, primary: string): Promise<void> {
  const { members } = await look.cluster();
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const { body } = await (await look.member(primary)).get('/cluster');
    const listed = typeof body === 'object' && body !== null && 'members' in body ? body.members : [];
    if (Array.isArray(listed) && listed.length >= members.length) return;
    await look.sleep(100);
  }
}

/** As Patroni spells it: slots.py, slot_name_from_member_name. */
function slotName(member: string): string {
  return member.toLowerCase().replace(/[-.]/g, '_').slice(0, 63);
}
