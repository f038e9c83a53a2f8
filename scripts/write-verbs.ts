// Writes verbs.json beside the built scripts: what `--help`, `playbook list` and completion read instead of YAML.
import { writeFileSync } from 'node:fs';
import { plainCommands } from '../src/cli/plain-commands.ts';
import { shippedVerbs } from '../src/playbook/catalogue.ts';

const playbooks = (await shippedVerbs()).map((verb) => ({ ...verb, kind: 'playbook' as const }));
const verbs = [...playbooks, ...plainCommands].sort((a, b) => (a.verb < b.verb ? -1 : 1));

const claimed = verbs.map(({ verb }) => verb);
const twice = claimed.filter((verb, at) => claimed.indexOf(verb) !== at);
if (twice.length > 0) throw new Error(`claimed by more than one playbook or command: ${twice.join(', ')}`);

writeFileSync(new URL('../verbs.json', import.meta.url), `${JSON.stringify({ verbs }, null, 1)}\n`);
