import type { Journal } from '../journal/store.ts';
import type { Playbook } from '../playbook/playbook.ts';
import type { Target } from '../world/world.ts';
import { childRuns } from './child-runs.ts';
import type { DriveContext, Fence, HeldLease } from './drive-context.ts';
import type { Attendance, EngineParts } from './engine-parts.ts';
import type { LoadedSteps } from './load-steps.ts';
import { openDrive } from './open-drive.ts';
import { inTurn } from './prompt-in-turn.ts';

/** What one drive has been given by its caller, beside what every drive of the process has. */
export interface DriveOrder extends LoadedSteps {
  readonly journal: Journal;
  readonly playbook: Playbook;
  readonly target: Target | null;
  readonly lease: HeldLease | null;
  readonly fence: Fence | null;
  readonly agreed: boolean;
  readonly overrides?: ReadonlyMap<string, string>;
  readonly drift?: 'reapply' | 'accept' | null;
}

/** A drive of the process's own run, on an open journal. */
export function prepareDrive(engine: EngineParts, order: DriveOrder, attendance: Attendance): DriveContext {
  const { world, redactor, actor } = engine;
  const { observer, prompt } = attendance;
  return openDrive({
    overrides: new Map(),
    drift: null,
    ...order,
    world,
    redactor,
    actor,
    observer,
    prompt: prompt && inTurn(prompt),
    children: childRuns(engine),
  });
}
