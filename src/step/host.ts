import type { ProgramResult } from '../clients/program.ts';

/** Where an operator's program runs: the host of pgdba, or a member. */
export interface Asked {
  /**
   * Runs a program that the playbook's author declares to only look (`done_when`). The only place where an eye runs
   * something of which pgdba cannot prove that it changes nothing.
   */
  ask(argv: readonly string[], options: ProgramOrder): Promise<ProgramResult>;
}

/** Where a program may act. On pgdba's own host it runs as pgdba's account, on a member as that of its server. */
export interface Runs extends Asked {
  run(argv: readonly string[], options: ProgramOrder): Promise<ProgramResult>;
}

export interface ProgramOrder {
  /** Added to the plain environment; nothing that pgdba was started with is passed on beside it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Of each stream. */
  readonly maxOutput: number;
}
