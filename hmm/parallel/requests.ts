import type { FitOptions } from '../fit.ts';
import type { FitResult, Run } from '../fit-report.ts';
import type { Piece } from '../kernel/partition.ts';
import type { Pass } from '../kernel/span.ts';
import type { Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';
import type { Shape } from '../plain-e-step.ts';

/** Takes the next index of a list that all members work through: no member waits while another has two left. */
export type Queue = Int32Array;

export interface FitJob {
  readonly data: Observations;
  readonly options: FitOptions;
}

/** What a member of a crew can be asked for, and what it answers. Rows are shared memory, the rest is copied. */
export interface Requests {
  /** Keep these pieces of the rows for `first` and `second`, and their statistics in `results`, shared memory. */
  hold: {
    ask: { shape: Shape; rows: Float64Array; pieces: readonly Piece[]; results: Float64Array };
    answer: undefined;
  };
  /** The first pass over each piece held, and the second one over whole ones; undefined where weights vanish. */
  first: { ask: { model: Hmm; centre: Float64Array }; answer: (Pass | undefined)[] };
  /** The second pass over halves, given the end of the other half's first pass, if any; false: not done. */
  second: {
    ask: { model: Hmm; centre: Float64Array; others: readonly (Float64Array | undefined)[] };
    answer: boolean[];
  };
  /** Make ready for the restarts of one fit. */
  prepare: { ask: FitJob; answer: undefined };
  short: { ask: { inputs: readonly number[]; queue: Queue }; answer: Done<Run> };
  finish: { ask: { inputs: readonly Run[]; queue: Queue }; answer: Done<Run> };
  /** Whole fits, one after another. */
  fits: { ask: { jobs: readonly FitJob[]; queue: Queue }; answer: Done<FitResult> };
}

/** Results with the index of their input. */
export type Done<T> = { at: number; result: T }[];

export type Kind = keyof Requests;

export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly code: string | undefined };
