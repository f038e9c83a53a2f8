import type { Writable } from 'node:stream';
import { type ErrorData, systemCode } from '../errors/pgdba-error.ts';
import type { AnyRecord } from '../journal/record.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { Envelope } from './envelope.ts';
import { errorText } from './error-text.ts';
import { type Format, render } from './render.ts';
import type { TableStyle } from './table.ts';

type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

const widest = 100;

/** Everything pgdba says goes through here: redacted, and never a reason to stop when nobody listens any more. */
export class Printer {
  readonly #stdout: Stream;
  readonly #stderr: Stream;
  readonly #redactor: Redactor;
  readonly #colour: boolean;
  readonly #closed = new Set<Stream>();
  #lost = false;
  #unheard = false;
  #onUnheard: () => void = () => undefined;

  constructor(streams: { stdout: Stream; stderr: Stream }, redactor: Redactor, options: { colour: boolean }) {
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
    this.#redactor = redactor;
    this.#colour = options.colour;
    for (const stream of [this.#stdout, this.#stderr]) stream.on('error', (error) => this.#close(stream, error));
  }

  /** Calls back once when a reader has gone: `pgdba … | head`, a lost terminal. At once when it has already. */
  onUnheard(listener: () => void): void {
    this.#onUnheard = listener;
    if (this.#unheard) listener();
  }

  /** Whether nobody can read there any more. */
  isClosed(stream: Stream): boolean {
    return this.#closed.has(stream);
  }

  /** The answer on stdout. `line`: on one line, the last of an event stream. `draw`: its table, made by who knows best. */
  async envelope(envelope: Envelope, format: Format | 'line', draw?: (style: TableStyle) => string): Promise<void> {
    const safe = this.#redactor.redactValue(envelope) as Envelope;
    if (format === 'line') return this.#write(this.#stdout, `${JSON.stringify(safe)}\n`);
    // On one terminal the sentence on stderr is enough; the same as a table below it would say everything twice.
    const bothSeen = this.#stdout.isTTY === true && this.#stderr.isTTY === true;
    if (format === 'table' && !safe.success && bothSeen && safe.data === undefined) return;
    const style = { width: Math.min(widest, this.#stdout.columns ?? widest), colour: this.#colour };
    const drawn = format === 'table' && draw ? this.#redactor.redact(draw(style)) : null;
    this.#write(this.#stdout, drawn ?? (await render(safe, format, style)));
  }

  /** A journal record as it was written, one line on stdout. */
  record(record: AnyRecord): void {
    // Only what a step can have put there: a mask in a hash would make the line another one than the journal's.
    const safe = { ...record, data: this.#redactor.redactValue(record.data) };
    this.#write(this.#stdout, `${JSON.stringify(safe)}\n`);
  }

  /** Help and other plain text that was asked for. */
  text(text: string): void {
    this.#write(this.#stdout, this.#redactor.redact(text));
  }

  /** A note for people on stderr. */
  note(text: string): void {
    this.#write(this.#stderr, this.#redactor.redact(text));
  }

  error(error: ErrorData): void {
    this.note(errorText(error));
  }

  /** The answer could not be written (a full disk, a closed descriptor): nobody got it, and nobody chose that. */
  async lost(): Promise<boolean> {
    await this.flushed();
    return this.#lost;
  }

  /** What was said on stdout is out, or nobody takes it. */
  async flushed(): Promise<void> {
    await new Promise<void>((resolve) => this.#stdout.write('', () => resolve()));
  }

  #close(stream: Stream, error: unknown): void {
    this.#closed.add(stream);
    // A terminal that is gone answers EIO, which of a file means that its disk is broken.
    const gone = systemCode(error) === 'EPIPE' || (systemCode(error) === 'EIO' && stream.isTTY === true);
    this.#lost ||= stream === this.#stdout && !gone;
    if (!gone || this.#unheard) return;
    this.#unheard = true;
    this.#onUnheard();
  }

  #write(stream: Stream, text: string): void {
    if (this.#closed.has(stream) || stream.destroyed) return;
    stream.write(text);
  }
}
