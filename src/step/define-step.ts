import type { Static, TObject, TSchema } from '@sinclair/typebox';
import type { Act } from './act.ts';
import type { Change, Kept, NotDone, Pending, Satisfied, Undone, Unknown } from './answers.ts';
import type { GuardOrder } from './guard-order.ts';
import type { Look } from './look.ts';

export type Effect = 'none' | 'idempotent' | 'hold' | 'once';
/** In rising order. */
export const risks = ['read-only', 'safe', 'disruptive', 'destructive'] as const;
export type Risk = (typeof risks)[number];

interface Described<P extends TObject, R extends TSchema> {
  /** `area.verb-noun`, as its file is called. */
  readonly id: string;
  /** Major version: raised when params, result or meaning change incompatibly. */
  readonly version: number;
  readonly since: string;
  readonly summary: string;
  readonly risk: Risk;
  readonly params: P;
  readonly result: R;
  /** How often and how long an unfinished look is repeated; an observer without `within` looks until its timeout. */
  readonly settle?: { readonly every: string; readonly within?: string };
  /** What only doing it can prove (a right, a password): `--check` lists it as not tried. */
  readonly proves?: string;
  readonly examples?: readonly { readonly title: string; readonly with: Record<string, unknown> }[];
}

/** Looks, judges, waits. */
export interface ObserverStep<P extends TObject, R extends TSchema> extends Described<P, R> {
  readonly effect: 'none';
  check(look: Look<Static<P>>): Promise<Satisfied<Static<R>> | Pending | Unknown>;
}

interface Stateful<P extends TObject, R extends TSchema, M extends TSchema> extends Described<P, R> {
  readonly memo: M;
  check(look: Look<Static<P>>): Promise<Satisfied<Static<R>> | Change<Static<M>> | Pending | Unknown>;
  apply(act: Act<Static<P>>, memo: Static<M>): Promise<void>;
  rollback(act: Act<Static<P>>, memo: Static<M>): Promise<Undone | Kept>;
}

/** Makes a state that can be looked up; verify is check. */
export interface IdempotentStep<P extends TObject, R extends TSchema, M extends TSchema> extends Stateful<P, R, M> {
  readonly effect: 'idempotent';
}

/** A temporary state that hurts while it lasts; rollback releases it. */
export interface HoldStep<P extends TObject, R extends TSchema, M extends TSchema> extends Stateful<P, R, M> {
  readonly effect: 'hold';
  /** What releases it when pgdba dies in the middle. */
  guardOrder(memo: Static<M>): GuardOrder;
}

/** An event; twice is wrong or wasteful. */
export interface OnceStep<P extends TObject, R extends TSchema, M extends TSchema, C extends TSchema>
  extends Described<P, R> {
  readonly effect: 'once';
  readonly memo: M;
  readonly receipt: C;
  /** The event moves the cluster to another timeline: its satisfied verify raises the fence. */
  readonly moves?: 'timeline';
  check(look: Look<Static<P>>): Promise<Satisfied<Static<R>> | Change<Static<M>> | Unknown>;
  apply(act: Act<Static<P>>, memo: Static<M>): Promise<Static<C>>;
  verify(
    look: Look<Static<P>>,
    memo: Static<M>,
    receipt: Static<C> | undefined,
  ): Promise<Satisfied<Static<R>> | Pending | NotDone | Unknown>;
  rollback(act: Act<Static<P>>, memo: Static<M>, receipt: Static<C> | undefined): Promise<Undone | Kept>;
}

export type Step<P extends TObject, R extends TSchema, M extends TSchema, C extends TSchema> =
  | ObserverStep<P, R>
  | IdempotentStep<P, R, M>
  | HoldStep<P, R, M>
  | OnceStep<P, R, M, C>;

/** Any step, as the engine sees it: its values are checked against its schemas, not by the compiler. */
export type AnyStep = Step<TObject, TSchema, TSchema, TSchema>;
export type AnyParams = Static<TObject>;

/** Declares a step. The effect decides which verbs it must have; types flow from the schemas into the verbs. */
export function defineStep<P extends TObject, R extends TSchema>(step: ObserverStep<P, R>): AnyStep;
export function defineStep<P extends TObject, R extends TSchema, M extends TSchema>(
  step: IdempotentStep<P, R, M>,
): AnyStep;
export function defineStep<P extends TObject, R extends TSchema, M extends TSchema>(step: HoldStep<P, R, M>): AnyStep;
export function defineStep<P extends TObject, R extends TSchema, M extends TSchema, C extends TSchema>(
  step: OnceStep<P, R, M, C>,
): AnyStep;
export function defineStep(step: AnyStep): AnyStep {
  return Object.freeze(step);
}
