import { PgdbaError } from '../../errors/pgdba-error.ts';
import { hostFindings } from '../host-findings.ts';
import type { Invocation, PlainCommand } from '../invocation.ts';
import { wordsOf } from '../match-verb.ts';

const command: PlainCommand = {
  examples: ['pgdba doctor', 'pgdba doctor --format table'],
  async run(invocation) {
    const { program, globals } = invocation;
    // Whatever new clusters use by default: the question is what this host can carry.
    const provider = globals.provider ?? 'local';
    const { findings, found, pg_majors } = await hostFindings(invocation, provider);
    const missing = findings.filter(({ ok }) => !ok);
    const data = {
      ok: missing.length === 0,
      pgdba: program.version,
      provider,
      checks: findings,
      found,
      pg_majors,
      lacking:
        missing.length === 0
          ? []
          : lackingVerbs(
              invocation,
              missing.map(({ check }) => check),
            ),
    };
    if (data.ok) return { data };
    const error = new PgdbaError('BINARY_MISSING', {
      facts: { missing: missing.map(({ check }) => check) },
      hint: missing[0]?.hint ?? '',
    });
    return { data, error: error.toData(), exit: 1 };
  },
};
export default command;

/** Making servers on this host needs its programs; every other verb talks to servers that are there already. */
function lackingVerbs({ verbs }: Invocation, lacks: string[]): { verb: string; lacks: string[] }[] {
  const makers = verbs.filter((verb) => verb.kind === 'playbook' && verb.target === 'new-cluster');
  return makers.map((verb) => ({ verb: wordsOf(verb), lacks }));
}
