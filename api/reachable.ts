import { setTimeout } from 'node:timers/promises';
import { ApiError } from './errors.ts';
import type { Training } from './training.ts';

/** Longer than a server that is well takes, shorter than a client waits. */
const patienceMs = 2_000;

/** False where Temporal does not answer in time: an unreachable server must not hang a probe. */
const isReachable = (training: Training): Promise<boolean> =>
  Promise.race([training.healthy(), setTimeout(patienceMs, false, { ref: false })]);

/**
 * The same, refusing at once with 503 where Temporal is away: its client would try again for longer than anyone waits.
 */
export const demandReachable = (training: Training): Training => {
  const reached = async (): Promise<Training> => {
    if (await isReachable(training)) return training;
    throw new ApiError(503, 'TemporalUnavailable', 'Temporal does not answer: is its server running?');
  };
  return {
    ingestOnce: async (request) => (await reached()).ingestOnce(request),
    train: async (request) => (await reached()).train(request),
    decide: async (request) => (await reached()).decide(request),
    awaitingApproval: async () => (await reached()).awaitingApproval(),
    holdRetrain: async (note) => (await reached()).holdRetrain(note),
    workflows: async () => (await reached()).workflows(),
    schedules: async () => (await reached()).schedules(),
    actOnSchedule: async (request) => (await reached()).actOnSchedule(request),
    healthy: () => isReachable(training),
  };
};
