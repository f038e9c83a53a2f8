/** A playbook with a bit of everything that this version executes, over the steps of steps.ts. */
export const example = `# yaml-language-server: $schema=../schemas/playbook.schema.json
apiVersion: pgdba/v1
kind: Playbook
name: handover
version: "1.2.0"
command: [failover trigger, handover]
summary: Hand the primary role to a healthy standby.
risk: disruptive
target: cluster
inputs:
  candidate: { type: string, format: member, optional: true, description: Standby to promote. }
  max_lag:   { type: string, format: bytes, default: 1MiB }
timeout: 10m
prechecks:
  - { id: topology, uses: test.read-topology@1 }
  - { id: choose, uses: test.choose@1, with: { candidate: "\${{ inputs.?candidate }}", max_lag: "\${{ inputs.max_lag }}" } }
  - id: ready
    uses: assert@1
    with:
      that:
        - { expr: "!tasks.topology.out.paused", fail: cluster management is paused }
        - { expr: tasks.choose.out.lag <= inputs.max_lag, fail: the candidate lags }
    never_override: true
tasks:
  - { id: prepare, uses: test.ensure@1, with: { member: "\${{ tasks.topology.out.primary }}", name: flush, within: 5s } }
  - id: move
    uses: test.move@1
    when: "tasks.topology.out.primary != tasks.choose.out.member"
    with: { from: "\${{ tasks.topology.out.primary }}", to: "\${{ tasks.choose.out.member }}" }
    pivot: true
    cancel: forbidden
    confirm: "move from \${{ tasks.topology.out.primary }}?"
    timeout: 2m
  - id: each
    uses: test.ensure@1
    for_each: { in: "tasks.topology.out.members.filter(m, m.role == 'replica')", as: standby, key: standby.name }
    with: { member: "\${{ standby.name }}", name: "after-\${{ run.id }}" }
    recheck: false
    rollback: none
finally:
  - { id: tidy, uses: test.ensure@1, with: { member: a, name: tidy }, when: has(tasks.move.out) }
outputs:
  type: handover
  from: "\${{ tasks.topology.out.primary }}"
  to: "\${{ tasks.move.?out.leader }}"
  witness: "\${{ tasks.topology.out.witness }}"
`;

/** What the engine offers its expressions after the prechecks. */
export const exampleScope = {
  inputs: { max_lag: 1048576 },
  target: {
    name: 'demo',
    provider: 'local',
    system_identifier: '7312340123401234012',
    members: ['a', 'b'],
    poolers: [],
  },
  run: { id: '01R' },
  tasks: {
    topology: {
      status: 'ok',
      changed: false,
      out: {
        primary: 'a',
        paused: false,
        load: 1.5,
        witness: null,
        labels: { rack: 'r1' },
        members: [
          { name: 'a', role: 'leader', lag: 0 },
          { name: 'b', role: 'replica', lag: 512 },
          { name: 'c', role: 'replica', lag: null },
        ],
      },
    },
    choose: { status: 'ok', changed: false, out: { member: 'b', lag: 512 } },
  },
};
