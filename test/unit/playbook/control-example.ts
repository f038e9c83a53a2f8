/** A playbook with what `example` has not: branches, retries, loops at once, a judging probe, a child, an approval. */
export const control = `apiVersion: pgdba/v1
kind: Playbook
name: control
version: "1.0.0"
summary: Everything that steers.
risk: disruptive
target: cluster
inputs:
  members: { type: array, default: [a, b] }
  grace:   { type: string, format: duration, default: 5s }
probes:
  - { id: writes, uses: test.probe@1, from: first, until: last, must: probes.writes.out.longest_gap_ms < inputs.grace }
tasks:
  - id: ask
    uses: approve@1
    with:
      question: "Work on \${{ target.name }}?"
      form: { ticket: { type: string, pattern: "^[A-Z]+-[0-9]+$" }, most: { type: integer, optional: true } }
      timeout: 2h
  - { id: first, uses: test.ensure@1, with: { member: a, name: "\${{ tasks.ask.out.form.ticket }}" } }
  - parallel:
      id: both
      max_parallel: 2
      branches:
        - - { id: pause, uses: test.hold@1, with: { within: 5s } }
          - { id: resume, uses: test.ensure@1, with: { member: a, name: x }, releases: pause }
        - - id: each
            uses: test.ensure@1
            for_each: { in: inputs.members, as: m, key: string(m), max_parallel: 2 }
            with: { member: "\${{ m }}", name: x }
            retry: { max: 3, backoff: 250ms..10s, errors: [transient, conflict] }
  - id: hand
    uses: playbook:./child.yaml
    when: tasks.resume.changed || size(tasks.each.items) > 0
    with: { candidate: "\${{ inputs.members[0] }}", max_lag: 2MiB }
  - { id: last, uses: test.ensure@1, with: { member: a, name: "\${{ tasks.hand.?out.to.orValue('none') }}" } }
outputs:
  to: "\${{ tasks.hand.?out.to }}"
  gap: "\${{ probes.writes.out.longest_gap_ms }}"
`;
