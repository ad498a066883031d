import { createRuns, fit, type Runs } from '../fit.ts';
import type { Piece } from '../kernel/partition.ts';
import { createWorkshop, firstPass, secondPass, type Workshop } from '../kernel/piece.ts';
import { createStatistics } from '../statistics.ts';
import type { Done, Kind, Queue, Requests } from './requests.ts';

/** The work of one thread. */
export type Member = { [K in Kind]: (request: Requests[K]['ask']) => Requests[K]['answer'] };

/** What it was given to hold or to prepare stays until the next such request. */
export const createMember = (): Member => {
  let held: { workshop: Workshop; pieces: readonly Piece[] } | undefined;
  let runs: Runs | undefined;
  return {
    hold({ shape, rows, pieces }) {
      held = { workshop: createWorkshop(shape, rows, pieces), pieces };
      return undefined;
    },
    first({ model, centre }) {
      const { workshop, pieces } = held!;
      workshop.arena.load(model, centre);
      return pieces.map(({ kind }, i) => firstPass(kind, workshop.spans[i]!, model));
    },
    second({ model, centre, others }) {
      const { workshop, pieces } = held!;
      return pieces.map(({ kind }, i) => {
        const { skip, end } = others[i]!;
        if (skip) return undefined;
        const statistics = createStatistics(model.nStates, centre);
        const isFinite = secondPass(kind, workshop.spans[i]!, model, { statistics }, end);
        return isFinite ? statistics : undefined;
      });
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
