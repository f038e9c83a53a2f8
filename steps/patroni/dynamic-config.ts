import type { MemberLook } from '../../src/step/index.ts';

/** The parts of Patroni's dynamic configuration that a handover depends on; Patroni's own defaults where it is silent. */
export interface HandoverConfig {
  readonly ttl_ms: number;
  readonly loop_wait_ms: number;
  /** A standby further behind is not promoted, whatever pgdba was told. */
  readonly maximum_lag: number;
  /** Only a synchronous standby may be promoted. */
  readonly synchronous: boolean;
}

/** Errors: PATRONI_UNREACHABLE, PATRONI_ANSWER. */
export async function readHandoverConfig(member: MemberLook): Promise<HandoverConfig> {
  const { body } = await member.get('/config');
  const config: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {};
  const { synchronous_mode: mode } = config;
  return {
    ttl_ms: numberOr(config['ttl'], 30) * 1000,
    loop_wait_ms: numberOr(config['loop_wait'], 10) * 1000,
    maximum_lag: numberOr(config['maximum_lag_on_failover'], 1_048_576),
    synchronous: mode === true || mode === 'on' || mode === 'quorum',
  };
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}
