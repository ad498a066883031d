import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { expect, it } from 'vitest';
import { failures } from '../activities/failures.ts';
import { candlesMayCause, describe } from './failed-training.ts';

/** As it comes to a workflow. */
const ended = (cause: Error): ActivityFailure =>
  new ActivityFailure(
    'Activity task failed',
    'trainSeries',
    '1',
    RetryState.MAXIMUM_ATTEMPTS_REACHED,
    'w',
    cause,
  );

it('of all failures with a name only one of the fit may be the doing of candles', () => {
  const named = Object.keys(failures).filter((type) => candlesMayCause({ type }));
  expect(named).toEqual(['TrainingFailed']);
});

it('a worker that died over the candles at each attempt, and an error that nobody foresaw, count as well', () => {
  const dead = new TimeoutFailure('activity Heartbeat timeout', undefined, TimeoutType.HEARTBEAT);
  const unforeseen = ApplicationFailure.create({ type: 'RangeError', message: 'Invalid array length' });
  for (const cause of [dead, unforeseen]) expect(candlesMayCause(describe(ended(cause)))).toBe(true);
});

it('a worker that was told to stop says nothing about the candles', () => {
  const stopped = ApplicationFailure.create({ type: 'WorkerShutdown', message: 'Worker is shutting down' });
  for (const cause of [stopped, new CancelledFailure('cancelled')])
    expect(candlesMayCause(describe(ended(cause)))).toBe(false);
});
