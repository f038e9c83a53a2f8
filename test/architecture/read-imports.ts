import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parseSync, Visitor } from 'rolldown/utils';

export interface Arrow {
  /** The importing file, from the root, with forward slashes. */
  readonly from: string;
  /** The imported file from the root, or a bare specifier such as `pg` or `node:fs`. */
  readonly to: string;
  /** Gone at run time. `import { type A }` is not: verbatimModuleSyntax keeps the bare import. */
  readonly typeOnly: boolean;
}

/** Every .ts file below these folders of `root`, from the root, with forward slashes, sorted. */
export function sourceFiles(root: string, folders: readonly string[], ending = '.ts'): string[] {
  return folders
    .flatMap((folder) => below(join(root, folder)))
    .filter((path) => path.endsWith(ending))
    .map((path) => relative(root, path).split(sep).join('/'))
    .sort();
}

/** All imports of a file: static, bare, re-exports, dynamic, and `import('…')` in types. */
export function arrowsOf(root: string, file: string): Arrow[] {
  const text = readFileSync(join(root, file), 'utf8');
  const { module, program } = parseSync(file, text);
  const arrow = (specifier: string, typeOnly: boolean): Arrow => ({
    from: file,
    to: specifier.startsWith('.')
      ? relative(root, resolve(root, dirname(file), specifier))
          .split(sep)
          .join('/')
      : specifier,
    typeOnly,
  });
  const statement = (start: number) => /^(?:import|export)\s+type\b/.test(text.slice(start, start + 40));

  const arrows = module.staticImports.map(({ moduleRequest, start }) => arrow(moduleRequest.value, statement(start)));
  for (const { entries, start } of module.staticExports) {
    for (const { moduleRequest } of entries)
      if (moduleRequest) arrows.push(arrow(moduleRequest.value, statement(start)));
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^(['"`])([^$]*)\1$/s.exec(text.slice(moduleRequest.start, moduleRequest.end).trim());
    // A computed one names a file of the user (a custom step): no arrow inside the house.
    if (literal?.[2]) arrows.push(arrow(literal[2], false));
  }
  new Visitor({
    TSImportType: ({ source }) => {
      arrows.push(arrow(source.value, true));
    },
  }).visit(program);
  return arrows;
}

function below(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? below(path) : [path];
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
