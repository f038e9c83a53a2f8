/**
 * Whether the person behind one name of the journal may be the one behind another. Addresses do not count, and a
 * name that one gives oneself does not make another person: `bob (alice from 10.0.0.7)` is still alice. But what
 * `backup-bot (alice)` has asked for, alice may judge; and on a shared account, bob may what carol asked.
 */
export function isSameActor(requester: string, other: string): boolean {
  const asked = namesOf(requester);
  const judged = namesOf(other);
  return asked.name === judged.name || asked.name === judged.login;
}

/** `backup-bot (alice from 10.0.0.7)` → backup-bot, alice; see actorOf. */
function namesOf(actor: string): { name: string; login: string } {
  const [, given, person = actor] = /^(.*) \((.*)\)$/s.exec(actor) ?? [];
  const login = person.replace(/ from \S+$/, '');
  return { name: given ?? login, login };
}
