import { expect, it } from 'vitest';
import { crashPoints } from '../../ledger/crash-points.ts';
import { gatewayPoints, ingestStages } from './ingest-plan.ts';
import type { Playing } from './plan.ts';
import { archiveStages, swapStages } from './swap-plan.ts';
import { trainingStages } from './training-plan.ts';

it('every point of the table is in the plan of one of the tests beside this one, which die at all of theirs', () => {
  // Points are known before anything is played.
  const nobody = {} as Playing;
  const stages = [ingestStages, trainingStages, archiveStages, swapStages].flatMap((plan) => plan(nobody));
  const planned = new Set([...gatewayPoints, ...stages.flatMap(({ points }) => points)]);
  const wanted = crashPoints
    .filter(({ by }) => by === 'worker' || by === 'gateway')
    .map(({ point }) => point);
  expect(wanted.filter((point) => !planned.has(point))).toEqual([]);
});
