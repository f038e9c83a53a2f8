import type { PlainCommand } from '../invocation.ts';
import type { PlaybookVerb, Verb } from '../verb.ts';

const command: PlainCommand = {
  examples: ['pgdba playbook list --format table'],
  async run({ verbs }) {
    return { data: { playbooks: playbooksOf(verbs) } };
  },
};
export default command;

/** One row per playbook, from the list of verbs alone. */
function playbooksOf(verbs: readonly Verb[]): Record<string, unknown>[] {
  const rows = new Map<string, { first: PlaybookVerb; commands: string[] }>();
  for (const verb of verbs) {
    if (verb.kind !== 'playbook') continue;
    const row = rows.get(verb.playbook) ?? { first: verb, commands: [] };
    row.commands.push(verb.verb);
    rows.set(verb.playbook, row);
  }
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { first, commands }]) => ({
      name,
      version: first.version,
      risk: first.risk,
      commands,
      summary: first.summary,
    }));
}
