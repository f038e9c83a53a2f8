import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, PgdbaError, systemCode } from '../errors/pgdba-error.ts';
import { closest } from '../formats/closest.ts';
import type { Risk } from '../step/define-step.ts';
import { optionOf } from './bind-inputs.ts';
import type { Input } from './input.ts';
import { packageRoot } from './package-root.ts';
import type { TargetKind } from './playbook.ts';
import { isFileName } from './read-playbook.ts';

export interface PlaybookFile {
  /** As its file is called, without .yaml. */
  readonly name: string;
  readonly file: string;
  readonly source: string;
}

/** One command-line verb of a shipped playbook; one without `command:` is started by `run NAME`. */
export interface ShippedVerb {
  readonly kind: 'playbook';
  readonly verb: string;
  readonly playbook: string;
  readonly version: string;
  readonly summary: string;
  readonly risk: Risk;
  readonly target: TargetKind;
  readonly inputs: readonly (Input & { readonly option: string })[];
}

/** A playbook of 1 MiB does not exist; 50 MB of anything is not read into memory. */
const mostBytes = 1024 * 1024;

/** Every playbook that pgdba ships, by name. `folder`: for tests. */
export async function shippedPlaybooks(folder = shippedFolder()): Promise<PlaybookFile[]> {
  return Promise.all((await namesIn(folder)).map((name) => readPlaybookFile(join(folder, `${name}.yaml`))));
}

/**
 * A file (a value with `/`, or ending in .yaml or .yml), else a shipped playbook by name.
 * Errors: FILE_NOT_FOUND, PLAYBOOK_UNKNOWN with the closest name as hint, YAML_INVALID (too large, not UTF-8).
 */
export async function findPlaybook(nameOrFile: string, folder = shippedFolder()): Promise<PlaybookFile> {
  if (isFileName(nameOrFile)) return readPlaybookFile(nameOrFile);
  const names = await namesIn(folder);
  if (names.includes(nameOrFile)) return readPlaybookFile(join(folder, `${nameOrFile}.yaml`));
  const near = closest(nameOrFile, names);
  throw new PgdbaError('PLAYBOOK_UNKNOWN', {
    facts: { name: nameOrFile },
    hint: near
      ? `did you mean ${near}?`
      : '`pgdba playbook list` shows what there is; a file is named with its path, such as ./my.yaml',
  });
}

/**
 * What dist/verbs.json holds of the playbooks: every verb, sorted.
 * Errors: those of decoding; PLAYBOOK_INVALID when two playbooks claim one verb or a name is not that of its file.
 */
export async function shippedVerbs(folder = shippedFolder()): Promise<ShippedVerb[]> {
  const claimed = new Map<string, string>();
  const verbs: ShippedVerb[] = [];
  for (const file of await shippedPlaybooks(folder)) {
    for (const verb of await verbsOf(file)) {
      const other = claimed.get(verb.verb);
      if (other) throw clash(file, verb.verb, other);
      claimed.set(verb.verb, file.name);
      verbs.push(verb);
    }
  }
  return verbs.sort((a, b) => (a.verb < b.verb ? -1 : 1));
}

async function verbsOf({ name, file, source }: PlaybookFile): Promise<ShippedVerb[]> {
  const [{ decodePlaybook }, { Problems }, { Source }] = await Promise.all([
    import('./decode-playbook.ts'),
    import('./problems.ts'),
    import('./source.ts'),
  ]);
  const problems = new Problems(new Source(source, file));
  const draft = decodePlaybook(problems.source, problems);
  if (draft.name !== name)
    problems.add(draft.node, `the file is called ${name}, its playbook ${draft.name}`, 'give both the same name');
  problems.throwIfAny('PLAYBOOK_INVALID');
  const { version, summary, risk, target } = draft;
  const inputs = [...draft.inputs.values()].map((input) => ({ ...input, option: optionOf(input.name) }));
  const commands = draft.command.length > 0 ? draft.command : [`run ${name}`];
  return commands.map((verb) => ({ kind: 'playbook', verb, playbook: name, version, summary, risk, target, inputs }));
}

async function namesIn(folder: string): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

async function readPlaybookFile(file: string): Promise<PlaybookFile> {
  try {
    const found = await stat(file);
    if (!found.isFile()) throw notFound(file, 'it is not a file');
    const { size } = found;
    if (size > mostBytes)
      throw unreadable(file, `the file has ${size} bytes, more than 1 MiB`, 'a playbook is a page or two');
    const source = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
    return { name: basename(file).replace(/\.ya?ml$/, ''), file, source };
  } catch (thrown) {
    if (thrown instanceof PgdbaError) throw thrown;
    if (thrown instanceof TypeError) throw unreadable(file, 'the file is not UTF-8 text', 'save it as UTF-8');
    throw notFound(file, systemCode(thrown) === 'ENOENT' ? 'there is no such file' : describe(thrown), thrown);
  }
}

function notFound(file: string, problem: string, cause?: unknown): PgdbaError {
  return new PgdbaError('FILE_NOT_FOUND', {
    facts: { file, problem },
    hint: 'check the path; a playbook that pgdba ships is called by its name, without path or ending',
    cause,
  });
}

function unreadable(file: string, problem: string, hint: string): PgdbaError {
  return new PgdbaError('YAML_INVALID', { facts: { file, line: 1, col: 1, problem, path: '', snippet: '' }, hint });
}

function clash({ file, source }: PlaybookFile, verb: string, other: string): PgdbaError {
  const line = source.split('\n').findIndex((text) => text.startsWith('command:')) + 1;
  return new PgdbaError('PLAYBOOK_INVALID', {
    facts: {
      file,
      line,
      col: 1,
      problem: `verb "${verb}" is already claimed by playbook ${other}`,
      path: 'command',
      snippet: '',
    },
    hint: 'two playbooks may not claim the same verb',
  });
}

function shippedFolder(): string {
  return join(packageRoot(), 'playbooks');
}
