import { createRuns, fit, type Runs } from '../fit.ts';
import type { Piece } from '../kernel/partition.ts';
import { createWorkshop, firstPass, secondPass, type Workshop } from '../kernel/piece.ts';
import type { Span } from '../kernel/span.ts';
import type { Hmm } from '../model.ts';
import { clearStatistics, type Statistics } from '../statistics.ts';
import type { Done, Kind, Queue, Requests } from './requests.ts';
import { resultsOf } from './results.ts';

/** The work of one thread. */
export type Member = { [K in Kind]: (request: Requests[K]['ask']) => Requests[K]['answer'] };

/** What it was given to hold or to prepare stays until the next such request. */
export const createMember = (): Member => {
  let held: (Requests['hold']['ask'] & { workshop: Workshop }) | undefined;
  let runs: Runs | undefined;
  return {
    hold(request) {
      held = { ...request, workshop: createWorkshop(request.shape, request.rows, request.pieces) };
      return undefined;
    },
    first({ model, centre }) {
      const { workshop, pieces, results } = held!;
      const statistics = resultsOf(results, model, centre);
      workshop.arena.load(model, centre);
      return pieces.map(({ kind }, i) => {
        const pass = firstPass(kind, workshop.spans[i]!, model);
        if (kind !== 'whole' || !pass) return pass;
        return finish(kind, workshop.spans[i]!, model, statistics[i]!) ? pass : undefined;
      });
    },
    second({ model, centre, others }) {
      const { workshop, pieces, results } = held!;
      const statistics = resultsOf(results, model, centre);
      return pieces.map(
        ({ kind }, i) =>
          others[i] !== undefined && finish(kind, workshop.spans[i]!, model, statistics[i]!, others[i]),
      );
    },
    prepare({ data, options }) {
      runs = createRuns(data, options);
      return undefined;
    },
    short: ({ inputs, queue }) => through(inputs, queue, runs!.short),
    finish: ({ inputs, queue }) => through(inputs, queue, runs!.finish),
    fits: ({ jobs, queue }) => through(jobs, queue, ({ data, options }) => fit(data, options)),
  };
};

const finish = (
  kind: Piece['kind'],
  span: Span,
  model: Hmm,
  statistics: Statistics,
  other?: Float64Array,
): boolean => {
  clearStatistics(statistics);
  return secondPass(kind, span, model, { statistics }, other);
};

const through = <Input, Result>(
  inputs: readonly Input[],
  queue: Queue,
  work: (input: Input) => Result,
): Done<Result> => {
  const done: Done<Result> = [];
  for (let at = Atomics.add(queue, 0, 1); at < inputs.length; at = Atomics.add(queue, 0, 1))
    done.push({ at, result: work(inputs[at]!) });
  return done;
};
