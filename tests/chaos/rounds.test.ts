import { expect, it } from 'vitest';
import { setup } from '../../scripts/setup.mjs';
import { playRounds } from './rounds.ts';

const rounds = process.env['AUTOTRAIN_TESTS'] === 'full' ? 30 : 4;

it(`${rounds} deaths at random lose, double, tear and leave nothing`, async () => {
  const { temporalPath } = await setup({ build: true, ownServer: true });
  const report = await playRounds({ rounds, seed: 1, temporalPath });
  expect(report).toMatchObject({ lost: 0, doubled: 0, torn: 0, orphans: 0, failures: [] });
  expect(report.kills).toBeGreaterThanOrEqual(rounds);
  expect(report.recoveries).toBe(report.kills);
  if (rounds >= 30) expect(report.aimed).toBeGreaterThanOrEqual(0.8);
}, 1_800_000);
