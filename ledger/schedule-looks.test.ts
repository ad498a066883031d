import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Ledger, openLedger } from './open.ts';

let folder: string;
let ledger: Ledger;
let now = 1_000;
beforeEach(() => {
  now = 1_000;
  folder = mkdtempSync(path.join(tmpdir(), 'autotrain-looks-'));
  ledger = openLedger({ path: path.join(folder, 'ledger.sqlite'), domain: 'production', clock: () => now });
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

const acts = () =>
  ledger
    .auditTrail({ limit: 10 })
    .map(({ action }) => action)
    .reverse();

it('runs that a schedule left out are told once, from the last known run to the newest', () => {
  const look = (skipped: number, lastRunAt: number | null) =>
    ledger.lookAtSchedule({ schedule: 'schedule-janitor', skipped, lastRunAt });
  expect(look(3, 500)).toBeUndefined();
  now = 100_000;
  expect(look(3, 90_000)).toBeUndefined();
  now = 9_000_000;
  expect(look(10, 8_990_000)).toEqual({
    schedule: 'schedule-janitor',
    ticks: 7,
    fromMs: 90_000,
    toMs: 8_990_000,
  });
  expect(look(10, 8_990_000)).toBeUndefined();
  // Made anew, it counts from zero.
  expect(look(2, null)).toMatchObject({ ticks: 2, toMs: 9_000_000 });
  expect(acts()).toEqual(['schedule.skipped', 'schedule.skipped']);
});
