import { PgdbaError } from '../errors/pgdba-error.ts';
import type { Json } from '../journal/record.ts';
import { validateResult } from '../playbook/params.ts';
import type { AnyStep } from '../step/define-step.ts';
import type { Lending } from './lend.ts';

const limitBytes = 1024 * 1024;

/** A step's result as it may be journaled. Errors: RESULT_TOO_LARGE, SECRET_LEAK, PARAMS_INVALID (not its schema). */
export function plainResult(drive: Lending, step: AnyStep, value: unknown): Promise<Json> {
  return plain(drive, step, 'result', value);
}

export function plainMemo(drive: Lending, step: AnyStep, value: unknown): Promise<Json> {
  return plain(drive, step, 'memo', value);
}

export function plainReceipt(drive: Lending, step: AnyStep, value: unknown): Promise<Json> {
  return plain(drive, step, 'receipt', value);
}

/**
 * What a journal says a step remembered, against the step's present schema: the journal may be another version's.
 * Errors: MEMO_UNFIT.
 */
export async function fittingMemo(step: AnyStep, memo: Json, drive: Lending): Promise<Json> {
  try {
    await validateResult(step, 'memo', memo);
    return memo;
  } catch (thrown) {
    const created = drive.parts.journal.records.find((record) => record.type === 'run.created');
    throw new PgdbaError('MEMO_UNFIT', {
      facts: { step: `${step.id}@${step.version}`, pgdba: created?.type === 'run.created' ? created.data.pgdba : '?' },
      hint: 'go on with the pgdba that wrote it',
      cause: thrown,
    });
  }
}

async function plain(
  drive: Lending,
  step: AnyStep,
  where: 'result' | 'memo' | 'receipt',
  value: unknown,
): Promise<Json> {
  const text = JSON.stringify(value ?? null);
  const bytes = Buffer.byteLength(text);
  if (bytes > limitBytes) {
    throw new PgdbaError('RESULT_TOO_LARGE', {
      facts: { step: step.id, bytes, limit: limitBytes },
      hint: 'narrow what the step reads by its parameters',
    });
  }
  if (drive.parts.redactor.redact(text) !== text) {
    throw new PgdbaError('SECRET_LEAK', { facts: { step: step.id, where }, hint: 'report this defect of the step' });
  }
  const json: Json = JSON.parse(text);
  await validateResult(step, where, json);
  return json;
}
