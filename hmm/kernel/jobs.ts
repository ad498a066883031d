import type { Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';
import type { Expectation, Shape } from '../plain-e-step.ts';
import { type Piece, partition } from './partition.ts';
import { createWorkshop, firstPass, meet, secondPass } from './piece.ts';
import type { Output, Span } from './span.ts';

/** A whole piece, or both halves of a sequence, one after the other. */
export interface Job {
  readonly from: number;
  readonly to: number;
  /** First rows of its sequences, counted from `from`. */
  readonly sequenceStarts: readonly number[];
  /** Both passes over its rows. `output` gives what a piece adds to. Undefined: the plain path must do it. */
  run(model: Hmm, output: (piece: Piece) => Output): Expectation | undefined;
}

/** The data in memory for the kernel, and what is to be done, in order; `load` the parameters before. */
export const createJobs = (
  shape: Shape,
  data: Observations,
  use: 'once' | 'often',
): { load(model: Hmm, centre: Float64Array): void; jobs: readonly Job[] } => {
  const pieces = partition(data);
  const { arena, spans } = createWorkshop(shape, data.rows, pieces, use);
  const jobs = pieces.flatMap((piece, i) => {
    if (piece.kind === 'secondHalf') return [];
    const span = spans[i]!;
    return [
      piece.kind === 'whole' ? wholeJob(piece, span) : halvesJob(piece, span, pieces[i + 1]!, spans[i + 1]!),
    ];
  });
  return { load: arena.load, jobs };
};

const wholeJob = (piece: Piece, span: Span): Job => ({
  ...piece,
  run(model, output) {
    const pass = firstPass(piece.kind, span, model);
    if (!pass || !secondPass(piece.kind, span, model, output(piece))) return undefined;
    return { logLikelihood: pass.logScale, inLogSpace: 0 };
  },
});

const halvesJob = (one: Piece, spanOne: Span, two: Piece, spanTwo: Span): Job => ({
  from: one.from,
  to: two.to,
  sequenceStarts: one.sequenceStarts,
  run(model, output) {
    const first = firstPass(one.kind, spanOne, model);
    const second = first && firstPass(two.kind, spanTwo, model);
    if (!first || !second) return undefined;
    const fine =
      secondPass(one.kind, spanOne, model, output(one), second.end) &&
      secondPass(two.kind, spanTwo, model, output(two), first.end);
    return fine ? { logLikelihood: meet(model, first, second), inLogSpace: 0 } : undefined;
  },
});

/** The rows of a job as data of their own. */
export const observationsOf = (
  data: Observations,
  { from, to, sequenceStarts }: Omit<Job, 'run'>,
): Observations => ({
  ...data,
  rows: data.rows.subarray(from * data.nFeatures, to * data.nFeatures),
  sequenceStarts,
});
