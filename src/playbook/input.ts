/** Formats an input may have beside plain JSON types; parsed once, where the value enters. */
export const inputFormats = ['bytes', 'duration', 'timestamp', 'lsn', 'member', 'cluster', 'secret'] as const;
export type InputFormat = (typeof inputFormats)[number];

/** One input of a playbook: makes the option, the help, the completion and the agent's form. */
export interface Input {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array';
  readonly items: {
    readonly type: 'string' | 'integer' | 'number' | 'boolean';
    readonly format: InputFormat | null;
  } | null;
  readonly format: InputFormat | null;
  readonly enum: readonly (string | number)[] | null;
  readonly pattern: string | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  /** As written in the file; undefined when there is none. */
  readonly default: unknown;
  readonly optional: boolean;
  readonly description: string;
}
