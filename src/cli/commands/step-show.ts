import type { PlainCommand } from '../invocation.ts';

const command: PlainCommand = {
  define: (cli) => cli.argument('<step>', 'id with or without its version, such as assert@1'),
  examples: ['pgdba step show assert@1', 'pgdba step show patroni.switchover --format yaml'],
  async run({ program, operands: [id = ''] }) {
    const registry = await program.registry();
    const uses = id.includes('@') ? id : newest(id, registry.ids());
    const { version, since, summary, effect, risk, params, result, settle, examples } = await registry.load(uses);
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

/** `assert` → `assert@1`: the highest version there is. */
function newest(id: string, known: readonly string[]): string {
  const versions = known.filter((uses) => uses.startsWith(`${id}@`)).map((uses) => Number(uses.slice(id.length + 1)));
  return versions.length === 0 ? id : `${id}@${Math.max(...versions)}`;
}
