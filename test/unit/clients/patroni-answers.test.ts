import { describe, expect, it } from 'vitest';
import { readCluster, readMember } from '../../../src/clients/patroni-answers.ts';

describe('readMember', () => {
  it('reads what Patroni 3.0 says', () => {
    const member = readMember({
      state: 'running',
      role: 'master',
      server_version: 150018,
      xlog: { location: 67108960 },
      timeline: 3,
      replication: [],
      dcs_last_seen: 1,
      database_system_identifier: '7710253050885043364',
      patroni: { version: '3.0.2', scope: 'demo' },
    });
    expect(member).toMatchObject({
      role: 'primary',
      patroni_role: 'master',
      timeline: 3,
      xlog: { location: '67108960', received: null, replayed: null, replay_paused: null },
      pause: false,
      database_system_identifier: '7710253050885043364',
      patroni_version: '3.0.2',
      name: null,
    });
  });

  it('reads what a replica of Patroni 4 says', () => {
    const member = readMember({
      state: 'running',
      role: 'replica',
      xlog: { received_location: 1, replayed_location: 2, paused: true },
      replication_state: 'streaming',
      pause: true,
      pending_restart: true,
      patroni: { version: '4.1.0', scope: 'demo', name: 'm2' },
      tags: { nofailover: true },
    });
    expect(member).toMatchObject({
      role: 'replica',
      replication_state: 'streaming',
      xlog: { received: '1', replayed: '2', replay_paused: true },
      pause: true,
      pending_restart: true,
      name: 'm2',
      tags: { nofailover: true },
    });
  });

  it('takes an answer that says nothing, and refuses one that is no object', () => {
    expect(readMember({ patroni: '3.0', xlog: null, timeline: 'x' })).toMatchObject({
      role: null,
      timeline: null,
      patroni_version: null,
    });
    for (const body of [null, [], 'ok', 7, undefined]) {
      expect(() => readMember(body)).toThrow(expect.objectContaining({ code: 'PATRONI_ANSWER' }));
    }
  });
});

describe('readCluster', () => {
  it('never reads an unknown lag as none', () => {
    const { members } = readCluster({
      members: [
        { name: 'a', role: 'leader', state: 'running' },
        { name: 'b', role: 'replica', state: 'stopped', lag: 'unknown' },
        { name: 'c', role: 'sync_standby', state: 'streaming', lag: 16777216, timeline: 2, host: 'h', port: 5432 },
        { name: 'd', role: 'replica', state: 'starting' },
        { role: 'replica' },
        null,
      ],
    });
    expect(members.map(({ name, role, lag }) => [name, role, lag])).toEqual([
      ['a', 'leader', 0],
      ['b', 'replica', null],
      ['c', 'sync_standby', 16777216],
      ['d', 'replica', null],
    ]);
  });

  it('reads a pause and a scheduled switchover', () => {
    const answer = readCluster({
      members: [],
      pause: true,
      scope: 'demo',
      scheduled_switchover: { at: '2026-11-20T10:00:00+00:00', from: 'a' },
    });
    expect(answer).toEqual({
      members: [],
      pause: true,
      scope: 'demo',
      scheduled_switchover: { at: '2026-11-20T10:00:00+00:00', from: 'a', to: null },
    });
    expect(readCluster({})).toEqual({ members: [], pause: false, scope: null, scheduled_switchover: null });
    expect(() => readCluster('x')).toThrow(expect.objectContaining({ code: 'PATRONI_ANSWER' }));
  });
});
