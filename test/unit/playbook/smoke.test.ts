import { it } from 'vitest';
import { loadPlaybook } from '../../../src/playbook/load.ts';
import { bindInputs } from '../../../src/playbook/bind-inputs.ts';
import { bindParams, evaluateExpressions } from '../../../src/playbook/params.ts';
import { PgdbaError } from '../../../src/errors/pgdba-error.ts';
import { steps, testRegistry } from './steps.ts';
const text = `apiVersion: pgdba/v1
kind: Playbook
name: switchover
version: "1.0.0"
command: [failover trigger, switchover]
summary: Hand over.
risk: disruptive
target: cluster
inputs:
  candidate: { type: string, format: member, optional: true, description: x }
  max_lag:   { type: string, format: bytes, default: 1MiB }
timeout: 10m
prechecks:
  - { id: topology, uses: test.read-topology@1 }
  - { id: choose,   uses: test.choose@1, with: { candidate: "\${{ inputs.?candidate }}", max_lag: "\${{ inputs.max_lag }}" } }
  - id: ready
    uses: assert@1
    with: { that: [ { expr: "!tasks.topology.out.paused", fail: cluster management is paused }, { expr: "tasks.choose.out.lag <= inputs.max_lag", fail: lag } ] }
tasks:
  - { id: flush,  uses: test.ensure@1, with: { member: "\${{ tasks.topology.out.primary }}", name: x, within: 5s } }
  - { id: switch, uses: test.move@1, when: "target.poolers.size() > 0", with: { from: "\${{ tasks.topology.out.primary }}", to: "\${{ tasks.choose.out.member }}" }, pivot: true, cancel: forbidden, timeout: 2m }
  - { id: each, uses: test.ensure@1, for_each: { in: "tasks.topology.out.members.filter(m, m.role == 'replica')", as: m, key: m.name }, with: { member: "\${{ m.name }}", name: "n-\${{ m.name }}" } }
outputs:
  type: switchover
  from: "\${{ tasks.topology.out.primary }}"
  to: "\${{ tasks.switch.?out.leader }}"
  witness: "\${{ tasks.topology.out.witness }}"
`;
async function show(f: () => unknown) { try { console.log(JSON.stringify(await f(), null, 1)); } catch (e) { console.log(e instanceof PgdbaError ? JSON.stringify(e.toData(), null, 1) + '\n' + e.facts.snippet : e); } }
it('x', async () => {
  await show(async () => {
    await loadPlaybook(text, 'a.yaml', testRegistry()); const t=performance.now(); for (let i=0;i<20;i++) await loadPlaybook(text, 'a.yaml', testRegistry()); console.log('ms', (performance.now()-t)/20);
    const p = await loadPlaybook(text, 'a.yaml', testRegistry());
    const inputs = bindInputs(p, new Map([['max_lag', { value: '2MiB', origin: '--max-lag' }]]));
    const scope = { inputs, target: { name: 'c', provider: 'local', system_identifier: '1', members: [], poolers: [] }, run: { id: 'r' }, tasks: { topology: { status: 'ok', changed: false, out: { primary: 'a', paused: false, load: 1.5, witness: null, labels: {}, members: [{ name: 'b', role: 'replica', lag: null }] } }, choose: { status: 'ok', changed: false, out: { member: 'b', lag: 5 } } } };
    console.log(await evaluateExpressions(steps.assert, await bindParams(steps.assert, p.prechecks[2]!.with.render(scope)), scope));
    console.log(await bindParams(steps.ensure, p.tasks[0]!.with.render(scope)), await bindParams(steps.choose, p.prechecks[1]!.with.render(scope)));
    console.log(p.tasks[2]!.for_each!.in.evaluate(scope), p.tasks[1]!.when!.evaluate(scope), p.outputs.render(scope));
    return p;
  });
  const bad = text.replace('inputs.max_lag }}', 'inputs.maxlag }}').replace('risk: disruptive', 'risk: safe').replace('within: 5s', 'withn: 5, count: abc, size: 1XB').replace("tasks.switch.?out.leader", "tasks.switch.out.leader").replace('m.role ==', 'm.rol ==').replace('tasks.choose.out.lag <=', "tasks.each.out.lag + 'a' <=").replace('on_', 'x').replace('timeout: 10m', 'timeot: 10m');
  await show(() => loadPlaybook(bad, 'a.yaml', testRegistry()));
  await show(() => loadPlaybook(text.replace('!tasks.topology.out.paused', 'tasks.topology.out.primary + 1 == 2 && ('), 'a.yaml', testRegistry()));
  await show(() => loadPlaybook(text.replace('!tasks.topology.out.paused', 'tasks.topology.out.primary + 1 == 2 && tasks.topology.out.primary'), 'a.yaml', testRegistry()));
});
