import type { Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';
import { createPlainEStep, type EStep, type Expectation, type Shape } from '../plain-e-step.ts';
import { addStatistics, clearStatistics, createStatistics, type Statistics } from '../statistics.ts';
import { kernelTakes } from './limits.ts';
import { type Piece, partition } from './partition.ts';
import { createWorkshop, firstPass, meet, observationsOf, secondPass } from './piece.ts';
import type { Output, Span } from './span.ts';

/**
 * The E-step by the WASM kernel, piece after piece. What it cannot do exactly it leaves to the plain path: models with
 * vanishing transitions, and pieces in which weights underflow.
 */
export const createKernelEStep = (shape: Shape, data: Observations): EStep => {
  const pieces = partition(data);
  const { arena, spans } = createWorkshop(shape, data.rows, pieces);
  const jobs = jobsOf(pieces, spans);
  return {
    run(model, statistics) {
      if (!kernelTakes(model)) return createPlainEStep(shape, data).run(model, statistics);
      clearStatistics(statistics);
      arena.load(model, statistics.centre);
      let logLikelihood = 0;
      let inLogSpace = 0;
      for (const job of jobs) {
        const own = createStatistics(model.nStates, statistics.centre);
        const expectation = runJob(job, model, own) ?? runPlain(job, shape, data, model, own);
        addStatistics(statistics, own);
        logLikelihood += expectation.logLikelihood;
        inLogSpace += expectation.inLogSpace;
      }
      return { logLikelihood, inLogSpace };
    },
  };
};

/** A whole piece, or both halves of a sequence. */
interface Job {
  readonly pieces: readonly Piece[];
  readonly spans: readonly Span[];
}

const jobsOf = (pieces: readonly Piece[], spans: readonly Span[]): Job[] =>
  pieces.flatMap((piece, i) => {
    if (piece.kind === 'secondHalf') return [];
    const count = piece.kind === 'whole' ? 1 : 2;
    return [{ pieces: pieces.slice(i, i + count), spans: spans.slice(i, i + count) }];
  });

const runJob = ({ spans: [one, two] }: Job, model: Hmm, statistics: Statistics): Expectation | undefined => {
  const output: Output = { statistics };
  const first = firstPass(two ? 'firstHalf' : 'whole', one!, model);
  if (!first) return undefined;
  if (!two) {
    return secondPass('whole', one!, model, output)
      ? { logLikelihood: first.logScale, inLogSpace: 0 }
      : undefined;
  }
  const second = firstPass('secondHalf', two, model);
  if (!second) return undefined;
  const fine =
    secondPass('firstHalf', one!, model, output, second.end) &&
    secondPass('secondHalf', two, model, output, first.end);
  return fine ? { logLikelihood: meet(model, first, second), inLogSpace: 0 } : undefined;
};

const runPlain = (
  { pieces }: Job,
  shape: Shape,
  data: Observations,
  model: Hmm,
  statistics: Statistics,
): Expectation => createPlainEStep(shape, observationsOf(data, pieces)).run(model, statistics);
