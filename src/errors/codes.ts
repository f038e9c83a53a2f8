/**
 * Every error pgdba can report. A code is never renamed, renumbered or reused: programs match on it.
 * `{fact}` in a message is filled from the error's facts. Messages: what is wrong, one sentence, no full stop.
 */
export type ErrorClass = 'usage' | 'precheck' | 'transient' | 'timeout' | 'conflict' | 'permanent' | 'journal' | 'bug';

interface CodeEntry {
  readonly class: ErrorClass;
  readonly message: string;
}

export const codes = {
  // command line, config
  USAGE: { class: 'usage', message: '{problem}' },
  UNKNOWN_COMMAND: { class: 'usage', message: 'there is no command "{command}"' },
  NOT_YET: { class: 'usage', message: '{feature} is not available in this version of pgdba' },
  CONFIG_INVALID: { class: 'usage', message: 'config file {file} is not valid: {problem}' },
  HOME_UNUSABLE: { class: 'usage', message: 'pgdba cannot use its home {home}: {problem}' },
  RISK_CAPPED: { class: 'usage', message: 'risk {risk} is above the limit {max_risk} set for this caller' },

  // language
  FILE_NOT_FOUND: { class: 'usage', message: 'cannot read {file}: {problem}' },
  FILE_NOT_WRITTEN: { class: 'permanent', message: '{file} cannot be written: {problem}' },
  YAML_INVALID: { class: 'usage', message: '{file}:{line}:{col}: {problem}' },
  PLAYBOOK_INVALID: { class: 'usage', message: '{file}:{line}:{col}: {problem}' },
  PLAYBOOK_UNKNOWN: { class: 'usage', message: 'there is no playbook "{name}"' },
  STEP_UNKNOWN: { class: 'usage', message: 'there is no step "{step}"' },
  INPUT_INVALID: { class: 'usage', message: 'input {input}: {problem}' },
  INPUT_MISSING: { class: 'usage', message: 'input {input} is required' },
  FORMAT_INVALID: { class: 'usage', message: '"{value}" is not a {format}' },
  EXPRESSION_FAILED: { class: 'permanent', message: 'expression {expression} failed: {problem}' },
  PARAMS_INVALID: { class: 'permanent', message: 'parameters of step {step} are not valid: {problem}' },

  // secrets
  SECRET_UNREADABLE: { class: 'usage', message: 'secret {reference} cannot be read: {problem}' },

  // clusters
  CLUSTER_UNKNOWN: { class: 'usage', message: 'there is no cluster "{cluster}"' },
  CLUSTER_NOT_NAMED: { class: 'usage', message: 'say which cluster: {clusters}' },
  CLUSTER_SPEC_DIFFERS: { class: 'conflict', message: 'cluster {cluster} exists with another specification: {diff}' },
  CLUSTER_NOT_OURS: { class: 'precheck', message: '{what} does not carry the mark of cluster {cluster}' },
  CLUSTER_EXTERNAL: { class: 'precheck', message: 'cluster {cluster} was not made by pgdba' },
  CLUSTER_PROTECTED: { class: 'precheck', message: 'cluster {cluster} is protected' },
  IDENTITY_MISMATCH: {
    class: 'precheck',
    message: '{where} is another database system ({found}) than the one recorded for {cluster} ({expected})',
  },
  INVENTORY_INVALID: { class: 'journal', message: 'the inventory {file} is not readable: {problem}' },
  INVENTORY_BUSY: { class: 'conflict', message: 'the inventory is being changed by another pgdba (pid {pid})' },

  // consent
  CONSENT_REQUIRED: { class: 'precheck', message: '{playbook} is {risk} and nobody agreed to it' },
  DECLINED: { class: 'precheck', message: 'declined; nothing was changed' },

  // engine
  NOT_LOOKED_AT: { class: 'precheck', message: 'not looked at: it needs {needs}, which failed' },
  PRECHECK_FAILED: { class: 'precheck', message: '{failed}' },
  OVERRIDE_FORBIDDEN: { class: 'usage', message: 'precheck {precheck} of {playbook} may not be overridden' },
  PLAN_INVALID: { class: 'usage', message: 'plan {file} cannot be used: {problem}' },
  PLAN_NOT_WRITTEN: { class: 'usage', message: 'plan {file} cannot be written: {problem}' },
  PLAN_CHANGED: { class: 'precheck', message: 'plan {file} no longer fits: {difference}' },
  ASSERTION_FAILED: { class: 'precheck', message: '{failed}' },
  STEP_ANSWER_INVALID: { class: 'bug', message: 'step {step} gave a {what} that does not fit its schema: {problem}' },
  TASK_FAILED: { class: 'permanent', message: 'task {task} failed: {problem}' },
  TASK_UNKNOWN_OUTCOME: { class: 'timeout', message: 'nobody knows how task {task} ended: {problem}' },
  TASK_TIMEOUT: { class: 'timeout', message: 'task {task} took longer than {timeout}' },
  WAIT_TIMEOUT: { class: 'timeout', message: 'waited {waited} and still: {why}' },
  RUN_TIMEOUT: { class: 'timeout', message: 'the run took longer than {timeout}' },
  NOT_DONE: { class: 'permanent', message: 'task {task} did not happen: {why}' },
  NOT_VERIFIED: { class: 'permanent', message: 'the change was made but did not show: {why}' },
  DRIFT: { class: 'conflict', message: 'the world moved since task {task} was done: {diff}' },
  GUARD_FAILED: { class: 'precheck', message: 'the guard of the hold did not start: {problem}' },
  NEEDS_DECISION: { class: 'conflict', message: 'nobody knows whether task {task} happened: {problem}' },
  HOLD_LOST: { class: 'conflict', message: 'hold {hold} ended before task {task} began: {why}' },
  MEMO_UNFIT: {
    class: 'permanent',
    message: 'what {step} remembered was written by pgdba {pgdba} and does not fit this version',
  },
  PROBE_BROKEN: { class: 'permanent', message: 'probe {probe} did not see what must hold ({must}): {problem}' },
  PIVOT_PASSED: { class: 'conflict', message: 'run {run} is past its point of no return (task {task})' },
  CHILD_FAILED: { class: 'permanent', message: 'child run {run} of task {task} ended {status}: {problem}' },
  APPROVAL_NEEDED: { class: 'conflict', message: 'task {task} waits for an approval: {question}' },
  APPROVAL_REJECTED: { class: 'precheck', message: 'task {task} was rejected by {by}: {why}' },
  NOTHING_TO_APPROVE: { class: 'usage', message: 'run {run} does not wait for an approval' },
  APPROVAL_SELF: {
    class: 'precheck',
    message: 'who asked for an approval cannot give it: {requested_by} asked, {actor} answers',
  },
  APPROVAL_EXPIRED: { class: 'precheck', message: 'the approval that run {run} waited for expired at {expires_at}' },
  APPROVAL_OTHER_PLAN: { class: 'precheck', message: 'run {run} asks about plan {asked}, not {given}' },
  NEW_VERSION_MISFIT: { class: 'usage', message: 'run {run} cannot go on with version {version}: {problem}' },
  INTERRUPTED: { class: 'conflict', message: 'the run was interrupted' },
  ROLLBACK_FAILED: { class: 'permanent', message: 'undoing task {task} failed: {problem}' },
  RESULT_TOO_LARGE: { class: 'permanent', message: 'the result of step {step} has {bytes} bytes, more than {limit}' },
  SECRET_LEAK: { class: 'bug', message: 'step {step} put a secret into its {where}' },
  LEASE_BUSY: { class: 'conflict', message: 'cluster {cluster} is held by run {run} ({holder})' },
  LEASE_QUARANTINED: {
    class: 'conflict',
    message: 'cluster {cluster} is locked since the rollback of run {run} failed: {why}',
  },
  LEASE_DAMAGED: { class: 'conflict', message: 'the lease file {file} is not readable: {problem}' },
  LEASE_LOST: { class: 'conflict', message: 'run {run} no longer holds cluster {cluster}: {problem}' },
  FENCED: {
    class: 'conflict',
    message: 'somebody else moved cluster {cluster}: it is on {found}, this run left it on {expected}',
  },

  // journal
  RUN_UNKNOWN: { class: 'usage', message: 'there is no run "{run}"' },
  RUN_NEVER_BEGAN: { class: 'usage', message: 'run {run} never began; nothing was changed' },
  RUN_AMBIGUOUS: { class: 'usage', message: '"{run}" stands for more than one run: {matches}' },
  RUN_ENDED: { class: 'usage', message: 'run {run} has ended ({status}); there is nothing to resume' },
  CANCELLED: { class: 'conflict', message: 'the run was cancelled' },
  NOTHING_TO_CANCEL: { class: 'usage', message: 'run {run} has ended ({status}); there is nothing to cancel' },
  CANCEL_PENDING: { class: 'timeout', message: 'run {run} was asked to stop and still works on {task}' },
  RUN_STALE: { class: 'conflict', message: 'run {run} is about a cluster {cluster} that is not there any more' },
  RUN_SUPERSEDED: {
    class: 'conflict',
    message: 'run {by} ({playbook}) has worked on {cluster} since run {run} was left',
  },
  RUN_OPEN: { class: 'conflict', message: 'run {run} has not ended: it is {status}' },
  RUNS_UNSOUND: { class: 'journal', message: '{count} of the runs in {home} need attention: {problems}' },
  RUN_ALIVE: { class: 'conflict', message: 'run {run} is still being driven by pid {pid}' },
  JOURNAL_DAMAGED: { class: 'journal', message: 'journal {file} is damaged at byte {offset}: {problem}' },
  JOURNAL_TRUNCATED: {
    class: 'journal',
    message: 'journal {file} ends at record {found}, but record {expected} was written',
  },
  JOURNAL_TOO_NEW: { class: 'journal', message: 'journal {file} was written by a newer pgdba (format {version})' },
  PLAYBOOK_ALTERED: { class: 'journal', message: '{file} is not what was stored with run {run}: {problem}' },
  JOURNAL_WRITE_FAILED: { class: 'journal', message: 'the journal cannot be written: {problem}' },

  // providers and servers
  PROVIDER_UNKNOWN: { class: 'usage', message: 'there is no provider "{provider}"' },
  PROVIDER_CANNOT: { class: 'usage', message: 'provider {provider} cannot {capability}' },
  BINARY_MISSING: { class: 'precheck', message: 'missing on this host: {missing}' },
  RIGHTS_MISSING: { class: 'precheck', message: '{problem}' },
  PORT_TAKEN: { class: 'conflict', message: 'port {port} was taken by another program before {server} could use it' },
  DIRECTORY_ORPHANED: {
    class: 'precheck',
    message: '{directory} was made by pgdba (cluster id {mark}), but the inventory does not know it',
  },
  DIRECTORY_FOREIGN: { class: 'precheck', message: '{directory} exists and was not made by pgdba' },
  DISK_FULL: { class: 'permanent', message: 'no space left on the disk of {path}' },
  SERVER_START_FAILED: { class: 'permanent', message: '{server} did not start: {problem}' },
  SERVERS_RUNNING: { class: 'precheck', message: 'servers of cluster {cluster} still run (pids {pids})' },
  SERVER_STOP_FAILED: { class: 'timeout', message: '{server} did not stop within {waited}' },
  MEMBER_UNKNOWN: { class: 'permanent', message: 'cluster {cluster} has no member "{member}"' },
  SERVICE_UNKNOWN: { class: 'permanent', message: 'cluster {cluster} has no service "{service}"' },
  COMMAND_FAILED: { class: 'permanent', message: '{program} ended with {exit}: {problem}' },
  COMMAND_TIMEOUT: { class: 'timeout', message: '{program} did not end within {timeout}' },
  WEB_UNREACHABLE: { class: 'transient', message: '{server} gave no answer: {problem}' },
  WEB_BUSY: { class: 'transient', message: '{server} answered {method} with {status}: {problem}' },
  WEB_ANSWER: { class: 'permanent', message: '{server} answered {method} with {status}: {problem}' },
  CONNECT_FAILED: { class: 'transient', message: 'cannot connect to {server}: {problem}' },
  CONNECTION_LOST: { class: 'transient', message: 'the connection to {server} broke: {problem}' },
  SQL_FAILED: { class: 'permanent', message: '{server} refused the statement ({sqlstate}): {problem}' },
  STATEMENT_ALIVE: { class: 'transient', message: 'a statement is still at work on {server} (pid {pid}): {problem}' },
  AUTH_FAILED: { class: 'permanent', message: '{server} did not accept user {user}' },
  PATRONI_ANSWER: { class: 'permanent', message: 'Patroni on {server} answered {status} to {request}: {problem}' },
  PATRONI_UNREACHABLE: { class: 'transient', message: 'Patroni on {server} does not answer: {problem}' },
  SPLIT_BRAIN: { class: 'permanent', message: 'more than one member of {cluster} accepts writes: {members}' },
  NO_PRIMARY: { class: 'transient', message: 'cluster {cluster} has no member that accepts writes' },

  // handing over the primary role
  CANDIDATE_UNFIT: { class: 'precheck', message: '{member} cannot become the primary: {problems}' },
  NO_CANDIDATE: { class: 'precheck', message: 'no standby of {cluster} can become the primary: {problems}' },
  LEADER_DISPUTED: { class: 'precheck', message: 'Patroni calls {leader} the leader, but {primary} accepts writes' },
  MEMBERS_APART: { class: 'precheck', message: 'members do not reach each other: {problems}' },
  PARITY_MISSING: { class: 'precheck', message: 'settings of {member} are lower than those of {primary}: {settings}' },
  HANDOVER_HINDERED: { class: 'precheck', message: 'the primary cannot hand over now: {problems}' },
  POOLERS_UNFIT: { class: 'precheck', message: '{problems}' },
  POOLER_BUSY: { class: 'timeout', message: 'not every pooler came to rest within {within}: {poolers}' },
  PRIMARY_MOVED: { class: 'conflict', message: 'the primary is {primary}, not {expected}' },
  PROBE_MISSING: { class: 'permanent', message: 'table {table} in database {database} is not there' },

  // notifications
  NOTIFICATION_UNKNOWN: { class: 'usage', message: 'there is no notification target "{name}"' },
  NOTIFICATION_FAILED: { class: 'transient', message: 'not everybody was told: {problem}' },

  // our own
  BUG: { class: 'bug', message: 'pgdba met a defect of its own: {problem}' },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof codes;
