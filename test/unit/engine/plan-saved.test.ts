import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planAndSave } from '../../../src/engine/plan-and-save.ts';
import { orderOfPlan, runSavedPlan } from '../../../src/engine/run-saved-plan.ts';
import { readPlan } from '../../../src/engine/saved-plan.ts';
import { savedPlanSchema } from '../../../src/engine/saved-plan-schema.ts';
import type { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import { schemaProblems } from '../../../src/playbook/validator.ts';
import { EngineLab, type LabOrder } from '../../harness/engine-lab.ts';
import { type ScratchHome, scratchHome } from '../../harness/scratch-home.ts';

const attendance = {
  observer: { onRecord: () => undefined, onProgress: () => undefined },
  prompt: null,
  signal: new AbortController().signal,
  waitMs: 0,
};

let home: ScratchHome;
let lab: EngineLab;
let file: string;
beforeEach(async () => {
  home = await scratchHome();
  lab = new EngineLab(home.path);
  file = join(home.path, 'p.json');
});
afterEach(() => home.remove());

const body = `inputs: { size: { type: string, format: bytes, default: 1MiB, description: Size. } }
tasks:
  - { id: seen, uses: look@1, with: { in: "WORLD", name: seen } }
  - { id: a, uses: ensure@1, with: { in: "WORLD", name: a, text: "\${{ tasks.seen.out.text }}" } }
  - { id: b, uses: ensure@1, with: { in: "WORLD", name: b } }
`;

async function save(order: LabOrder = {}, text = body) {
  lab.put('seen', 'x');
  return planAndSave(lab.parts, await lab.order(text, order), { plan: null, out: file }, attendance);
}

/** As `run --plan FILE` does it. */
async function carryOut(text = body, version = lab.parts.version) {
  const plan = { file, saved: await readPlan(file, version) };
  const given = await lab.order(text);
  return runSavedPlan(
    lab.parts,
    orderOfPlan(plan, given.playbook, { ...given, target: { ...given.target, named: false } }),
    plan,
    attendance,
  );
}

const refused = (promise: Promise<unknown>): Promise<PgdbaError> =>
  promise.then(
    () => {
      throw new Error('it was carried out');
    },
    (error: PgdbaError) => error,
  );

describe('a saved plan', () => {
  it('is a file of its schema that only its owner may read, with all that a reviewer asks', async () => {
    const { saved } = await save({ inputs: { size: '2MiB' } });
    const plan = JSON.parse(readFileSync(file, 'utf8'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(schemaProblems(savedPlanSchema, plan)).toEqual([]);
    expect(plan).toMatchObject({
      pgdba: '0.0.0',
      playbook: { name: 'lab', version: '1.0.0', from: join(process.cwd(), 'lab.yaml'), children: [] },
      inputs: { size: 2 * 1024 * 1024 },
      actor: 'tester',
      changes: 2,
      hash: saved?.hash,
    });
    expect(plan.tasks[1]).toMatchObject({ id: 'a', is: 'change', diff: '+ a', with: { name: 'a', text: 'x' } });
  });

  it('is carried out with its inputs while the world is the same; the run tells its hash', async () => {
    const { saved } = await save({ inputs: { size: '2MiB' } });
    const report = await carryOut();
    expect([report.status, lab.read('a')]).toEqual(['succeeded', 'x']);
    const [created] = await lab.records(report.id);
    expect(created?.data).toMatchObject({ plan: saved?.hash, inputs: { size: 2 * 1024 * 1024 } });
  });

  it('has the same hash whenever and by whomever it is made of the same world', async () => {
    const first = await save();
    Object.assign(lab.parts, { actor: 'somebody else' });
    expect((await save()).saved?.hash).toBe(first.saved?.hash);
  });

  it('has no id of a run in it', async () => {
    const bell = 'tasks:\n  - { id: a, uses: ensure@1, with: { in: "WORLD", name: "n${{ run.id }}" } }\n';
    await save({}, bell);
    expect(JSON.parse(readFileSync(file, 'utf8')).tasks[0].summary).toBe('make n<run>');
    expect((await carryOut(bell)).status).toBe('succeeded');
  });

  it('holds secrets by reference only', async () => {
    const secret = join(home.path, 'secret');
    writeFileSync(secret, 'correct-horse-battery', { mode: 0o600 });
    const text = `tasks:\n  - { id: a, uses: ensure@1, with: { in: "WORLD", name: a, secret: "file:${secret}" } }\n`;
    await save({}, text);
    expect(readFileSync(file, 'utf8')).toContain(`file:${secret}`);
    expect(readFileSync(file, 'utf8')).not.toContain('correct-horse');
  });

  it('is not written when the run would be refused', async () => {
    const failing = `prechecks:\n  - { id: p, uses: assert@1, with: { that: [ { expr: "false", fail: no } ] } }\n${body.slice(body.indexOf('tasks:'))}`;
    const { saved, refusal } = await save({}, failing);
    expect([saved, refusal?.error]).toEqual([null, 'no']);
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('that cannot be written says so, and leaves nothing', async () => {
    mkdirSync(file);
    const error = await refused(save());
    expect([error.code, error.message]).toEqual(['PLAN_NOT_WRITTEN', expect.stringContaining(file)]);
  });
});

describe('a look at a saved plan', () => {
  const again = async (out: string | null) => {
    const plan = { file, saved: await readPlan(file, '0.0.0') };
    const given = await lab.order(body);
    const target = { ...given.target, named: false };
    return planAndSave(lab.parts, orderOfPlan(plan, given.playbook, { ...given, target }), { plan, out }, attendance);
  };

  it('says whether it would still be carried out', async () => {
    await save();
    expect((await again(null)).refusal).toBeNull();
    lab.put('b');
    expect((await again(null)).refusal?.code).toBe('PLAN_CHANGED');
  });

  it('saves it anew for the world as it is now, with the inputs it has', async () => {
    await save({ inputs: { size: '2MiB' } });
    lab.put('b');
    const { refusal, saved, changes } = await again(file);
    expect([refusal, saved?.file, changes]).toEqual([null, file, 1]);
    const report = await carryOut();
    const [created] = await lab.records(report.id);
    expect([report.status, created?.data]).toMatchObject(['succeeded', { inputs: { size: 2 * 1024 * 1024 } }]);
  });
});

describe('a saved plan is refused, and nothing is done,', () => {
  const nothingDone = () => expect(lab.deeds()).toEqual([]);

  it('when a task would do something else now; every difference is told', async () => {
    await save();
    lab.put('seen', 'other');
    lab.put('b');
    const error = await refused(carryOut());
    expect(error).toMatchObject({ code: 'PLAN_CHANGED', class: 'precheck' });
    expect(error.facts).toMatchObject({
      difference: 'a: with text: was x, is now other',
      more: ['b: was change (make b), is now ok (already so, as it is now)'],
    });
    expect(error.hint).toContain(`pgdba run --plan ${file} --check --out ${file}`);
    nothingDone();
  });

  it('when its playbook, or one of a child run, was edited', async () => {
    await save();
    expect((await refused(carryOut(`${body}\n# edited\n`))).facts['difference']).toBe(
      'playbook lab has been edited since',
    );
    const parent = 'tasks:\n  - { id: sub, uses: playbook:./small.yaml }\n';
    const small = 'tasks:\n  - { id: a, uses: ensure@1, with: { in: "WORLD", name: a } }\n';
    lab.child('small', small);
    await save({}, parent);
    lab.child('small', `${small}# edited\n`);
    expect((await refused(carryOut(parent))).facts['difference']).toMatch(/^playbook small, which it starts, .*edited/);
    nothingDone();
  });

  it.each([
    [
      'edited by hand',
      (plan: Record<string, unknown>) => ({ ...plan, inputs: { size: 1 } }),
      /changed after pgdba had written it/,
    ],
    ['of another shape', ({ tasks: _, ...plan }: Record<string, unknown>) => plan, /tasks is missing/],
    ['no plan at all', () => ({ hello: 1 }), /not a plan of pgdba/],
  ])('when it is %s', async (_, edit, words) => {
    await save();
    writeFileSync(file, JSON.stringify(edit(JSON.parse(readFileSync(file, 'utf8')))));
    const error = await refused(carryOut());
    expect([error.code, error.class]).toEqual(['PLAN_INVALID', 'usage']);
    expect(error.message).toMatch(words);
    nothingDone();
  });

  it('when another major version made it, when it is not JSON, and when it is not there', async () => {
    await save();
    expect((await refused(carryOut(body, '1.0.0'))).message).toMatch(
      /pgdba 0\.0\.0 made it, and this is pgdba 1\.0\.0/,
    );
    writeFileSync(file, 'hello');
    expect((await refused(carryOut())).message).toMatch(/it is not JSON/);
    file = join(home.path, 'nowhere.json');
    expect((await refused(carryOut())).message).toMatch(/there is no such file/);
    nothingDone();
  });

  it('for another cluster than the one it is about', async () => {
    await save();
    const plan = { file, saved: await readPlan(file, '0.0.0') };
    const given = await lab.order(body);
    const elsewhere = { ...given, target: { ...given.target, name: 'other', named: true } };
    expect(() => orderOfPlan(plan, given.playbook, elsewhere)).toThrow(/about no cluster, not other/);
  });
});
