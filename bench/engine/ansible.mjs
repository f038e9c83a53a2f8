// The peer that people know: ansible-playbook on this host, without facts, its output thrown away.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool } from '../../scripts/system-tools.mjs';

const tasks = {
  command: (at) => `- name: t${at}\n      ansible.builtin.command: /bin/true ${at}`,
  debug: (at) => `- name: t${at}\n      ansible.builtin.debug: { msg: "task ${at}" }`,
};

/** Installs ansible-core where apt can. Answers its version, or the reason why there is none. */
export function prepareAnsible(say) {
  if (!findTool('ansible-playbook')) {
    say('installing ansible-core with apt');
    // Package lists older than the archive ask for files that are gone: refreshed once, then tried again.
    const failure = aptGet('install', ...wanted) && (aptGet('update') ?? aptGet('install', ...wanted));
    if (failure) return { problem: failure };
  }
  const { stdout } = spawnSync(findTool('ansible-playbook'), ['--version'], { encoding: 'utf8' });
  return { version: /\d+(\.\d+)+/.exec(stdout)?.[0] ?? 'of unknown version' };
}

const wanted = ['-y', '--no-install-recommends', 'ansible-core'];

/** What went wrong; undefined when nothing did. */
function aptGet(...args) {
  const [program, ...rest] = [...(process.getuid?.() === 0 ? [] : ['sudo', '-n']), 'apt-get', ...args];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stderr, error } = spawnSync(program, rest, { encoding: 'utf8', env });
  if (!error && status === 0) return undefined;
  return `apt-get ${args[0]}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`;
}

export function writeAnsible(folder, kind, count) {
  const file = join(folder, `ansible-${kind}-${count}.yaml`);
  const body = Array.from({ length: count }, (_, at) => `    ${tasks[kind](at)}`).join('\n');
  writeFileSync(file, `- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n${body}\n`);
  return file;
}

/** Milliseconds from spawn to exit. */
export function runAnsible(folder, playbook) {
  const started = process.hrtime.bigint();
  const args = ['-c', 'local', '-i', 'localhost,', playbook];
  const env = { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C.UTF-8', ANSIBLE_NOCOWS: '1' };
  const { status, error } = spawnSync(findTool('ansible-playbook'), args, { cwd: folder, env, stdio: 'ignore' });
  if (error || status !== 0) throw error ?? new Error(`ansible-playbook ${playbook} ended with ${status}`);
  return Number(process.hrtime.bigint() - started) / 1e6;
}
