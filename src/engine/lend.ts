import { forgetChild, recordChild } from '../journal/children.ts';
import type { Act } from '../step/act.ts';
import type { AnyParams } from '../step/define-step.ts';
import type { DriveParts } from './drive-context.ts';
import { withSecrets } from './params.ts';
import { unitKey } from './run-state.ts';
import type { Verb } from './verb.ts';

/** What a verb is called with: of a drive, or of a plan that only looks. */
export interface Lending {
  readonly parts: Pick<DriveParts, 'journal' | 'world' | 'observer' | 'target' | 'redactor'>;
}

/** Calls one verb of a step with eyes and hands on the world, and takes them back afterwards. */
export async function lend<T>(drive: Lending, verb: Verb, use: (act: Act<AnyParams>) => Promise<T>): Promise<T> {
  const { journal, world, observer, target, redactor } = drive.parts;
  const { task, item, attempt, signal } = verb;
  const params = await withSecrets(verb.step, verb.params, redactor);
  const note = (text: string) =>
    observer.onProgress({ task, item, note: redactor.redact(text), done: null, total: null, unit: null });
  const children = await journal.directory('children');
  return world.lend(
    {
      target,
      run: { id: journal.run, task: unitKey(task, item), attempt },
      params,
      signal,
      log(message) {
        journal.log({ task: unitKey(task, item), level: 'info', message });
        note(message);
      },
      progress({ note: text = '', done = null, total = null, unit = null }) {
        observer.onProgress({ task, item, note: redactor.redact(text), done, total, unit });
      },
      ...(children === null ? {} : { child: accountIn(children) }),
    },
    use,
  );
}

/** Notes the programs of a run where its next drive looks for them, should this one die. */
function accountIn(directory: string) {
  return {
    started: (child: { readonly pid: number; readonly argv0: string }) => recordChild(directory, child),
    ended: (pid: number) => forgetChild(directory, pid),
  };
}
