import { approve, approveUses } from '../../playbook/approve.ts';
import type { AnyStep } from '../../step/define-step.ts';
import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) => cli.argument('<step>', 'id with or without its version, such as assert@1'),
  examples: ['pgdba step show assert@1', 'pgdba step show patroni.switchover --format yaml'],
  async run({ program, operands: [id = ''] }) {
    const registry = await program.registry();
    const uses = id.includes('@') ? id : newest(id, [...registry.ids(), approveUses]);
    const step: Shown = uses === approveUses ? approve : await registry.load(uses);
    const { version, since, summary, effect, risk, params, result, settle, examples } = step;
    return {
      data: {
        id: uses,
        version,
        since,
        summary,
        effect,
        risk,
        params,
        result,
        settle: settle ?? null,
        examples: examples ?? [],
      },
    };
  },
};
export default command;

/** What a step tells about itself; so does the engine's own approval. */
type Shown = Pick<
  AnyStep,
  'version' | 'since' | 'summary' | 'effect' | 'risk' | 'params' | 'result' | 'settle' | 'examples'
>;

/** `assert` → `assert@1`: the highest version there is. */
function newest(id: string, known: readonly string[]): string {
  const versions = known.filter((uses) => uses.startsWith(`${id}@`)).map((uses) => Number(uses.slice(id.length + 1)));
  return versions.length === 0 ? id : `${id}@${Math.max(...versions)}`;
}
