import type { Envelope } from './envelope.ts';
import { renderTable, type TableStyle } from './table.ts';

export type Format = 'json' | 'table' | 'yaml';

/** The envelope as text ending in a newline. A table shows the data alone: the rest is for programs. */
export async function render(envelope: Envelope, format: Format, style: TableStyle): Promise<string> {
  switch (format) {
    case 'json':
      return `${JSON.stringify(envelope, null, 2)}\n`;
    case 'yaml': {
      const { stringify } = await import('yaml');
      return stringify(envelope, { lineWidth: 0 });
    }
    case 'table':
      return renderTable(envelope.success ? envelope.data : failureFacts(envelope), style);
  }
}

function failureFacts(envelope: Extract<Envelope, { success: false }>): unknown {
  const { error, code, hint, run, data } = envelope;
  const outputs = data !== null && typeof data === 'object' ? data : {};
  return {
    error,
    code,
    ...(hint === '' ? {} : { hint }),
    ...(run?.id ? { run: run.id } : {}),
    ...(run ? { status: run.status } : {}),
    ...outputs,
  };
}
