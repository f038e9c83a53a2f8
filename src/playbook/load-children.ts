import { dirname, isAbsolute, join, normalize } from 'node:path';
import { PgdbaError } from '../errors/pgdba-error.ts';
import type { PlaybookDraft } from './decode-playbook.ts';
import type { StepUse } from './decode-task.ts';
import { isChild } from './known.ts';
import type { Playbook } from './playbook.ts';
import type { Placed, Problems } from './problems.ts';
import { isFileName, type ReadPlaybook } from './read-playbook.ts';

const deepest = 10;
const most = 100;

/** How one load came to the playbook at hand, and what it may still load. */
export interface Lineage {
  /** Files from the first playbook to this one. */
  readonly files: readonly string[];
  readonly read: ReadPlaybook;
  /** Of all its descendants together. */
  readonly budget: { left: number };
}

type LoadChild = (text: string, file: string, lineage: Lineage) => Promise<Playbook>;

/** The playbooks that the tasks start, by `uses` as written. What cannot be loaded is a problem at its task. */
export async function loadChildren(
  { tasks }: PlaybookDraft,
  lineage: Lineage,
  load: LoadChild,
  problems: Problems,
): Promise<ReadonlyMap<string, Playbook>> {
  const wanted = new Map<string, StepUse>();
  for (const { uses } of tasks) if (isChild(uses.uses) && !wanted.has(uses.uses)) wanted.set(uses.uses, uses);
  const children = new Map<string, Playbook>();
  for (const { uses, at } of wanted.values()) {
    const child = await loadChild(uses, at, lineage, load, problems);
    if (child) children.set(uses, child);
  }
  return children;
}

async function loadChild(
  uses: string,
  at: Placed,
  { files, read, budget }: Lineage,
  load: LoadChild,
  problems: Problems,
): Promise<Playbook | undefined> {
  const refuse = (problem: string, hint: string): undefined => void problems.add(at, problem, hint);
  if (files.length > deepest) {
    return refuse(`child runs are nested more than ${deepest} deep: ${chain(files)}`, 'call the inner ones directly');
  }
  if (budget.left === 0) return refuse(`more than ${most} child playbooks are started`, 'repeat one with for_each');
  budget.left -= 1;
  try {
    const { file, source } = await read(placeOfChild(uses, files.at(-1) ?? ''));
    const round = files.findIndex((earlier) => normalize(earlier) === normalize(file));
    if (round >= 0) {
      const circle = chain([...files.slice(round), file]);
      return refuse(`playbooks start one another in a circle: ${circle}`, 'take one of these child runs out');
    }
    return await load(source, file, { files: [...files, file], read, budget });
  } catch (thrown) {
    if (!(thrown instanceof PgdbaError)) throw thrown;
    return refuse(problemOf(thrown), thrown.hint);
  }
}

const notValid = 'its playbook is not valid: ';

/** Of a child of a child only the place where the mistake is: that is where its author goes. */
function problemOf({ code, message, facts }: PgdbaError): string {
  if (code !== 'PLAYBOOK_INVALID' && code !== 'YAML_INVALID') return message;
  const problem = String(facts['problem']);
  return problem.startsWith(notValid) ? problem : `${notValid}${message}`;
}

/** Where a load begins. */
export function firstOf(file: string, read: ReadPlaybook): Lineage {
  return { files: [file], read, budget: { left: most } };
}

/** `playbook:./x.yaml` stands beside the playbook that says so; `playbook:switchover` is one that is shipped. */
function placeOfChild(uses: string, parent: string): string {
  const path = uses.slice('playbook:'.length);
  return isFileName(path) && !isAbsolute(path) ? join(dirname(parent), path) : path;
}

function chain(files: readonly string[]): string {
  return files.join(' → ');
}
