import { inspect } from 'node:util';
import { expect } from 'vitest';
import { seriesKey } from '../../series.ts';
import { isLedgerError } from '../errors.ts';
import type { openFresh } from '../fresh.fixture.ts';
import { btc, eth, genesisMs, hourMs } from '../ledger.fixture.ts';
import { held, leaseMs, maxAttempts, type PlainLedger, plainClaims } from './plain-claims.fixture.ts';

export const allSeries = [btc, eth];

export interface Real {
  readonly there: ReturnType<typeof openFresh>;
  readonly claimIds: number[];
  /** Newest fence seen. */
  fence: number;
}

/** What is done to both, and what they must agree on. */
export interface Step {
  readonly name: string;
  readonly run: (model: PlainLedger, real: Real) => void;
}

export const codeOr = <T>(work: () => T): T | string => {
  try {
    return work();
  } catch (error) {
    if (isLedgerError(error)) return error.code;
    if (error instanceof RangeError) return 'RangeError';
    if (/at most once per lineage/.test(inspect(error))) return 'refused';
    throw error;
  }
};

export const newer = (real: Real, fence: number): void => {
  expect(fence).toBeGreaterThan(real.fence);
  real.fence = fence;
};

/** The claims newest first: that is where most happens. */
export const pick = (model: PlainLedger, real: Real, back: number) => {
  const at = model.claims.length - 1 - (back % Math.max(1, model.claims.length));
  const claim = model.claims[at];
  const claimId = real.claimIds[at];
  return claim && claimId !== undefined ? { claim, claimId } : undefined;
};

export const claimStep = (workflowId: string, runId: string): Step => ({
  name: `claim ${workflowId} ${runId}`,
  run: (model, real) => {
    const before = model.claims.length;
    const want = plainClaims.claim(model, workflowId, runId);
    const series = allSeries.map(seriesKey);
    const got = real.there.ledger.claim({ workflowId, runId, leaseMs, series, maxAttempts });
    expect(got.files.length).toBe(want);
    if (model.claims.length === before) return;
    newer(real, got.fence);
    real.claimIds.push(got.claimId);
  },
});

export const holdStep = (back: number, workflowId: string, runId: string, quiet: boolean): Step => ({
  name: `${quiet ? 'renew' : 'hold'} -${back} ${workflowId} ${runId}`,
  run: (model, real) => {
    const picked = pick(model, real, back);
    if (!picked) return;
    const want = plainClaims.hold(model, picked.claim, workflowId, runId);
    const request = { claimId: picked.claimId, workflowId, runId, leaseMs };
    const { ledger } = real.there;
    if (quiet) {
      const leaseUntil = codeOr(() => ledger.renew(request));
      expect(leaseUntil).toBe(typeof want === 'string' ? want : picked.claim.leaseUntil);
    } else expect(codeOr(() => ledger.hold(request).files.length)).toBe(want);
  },
});

export const giveBackStep = (
  back: number,
  workflowId: string,
  runId: string,
  failed: boolean,
  only: boolean,
): Step => ({
  name: `giveBack -${back} ${workflowId} ${runId} failed=${failed} only=${only}`,
  run: (model, real) => {
    const picked = pick(model, real, back);
    if (!picked) return;
    const series = only ? seriesKey(btc) : undefined;
    const want = plainClaims.giveBack(model, picked.claim, workflowId, runId, failed, series);
    const request = { claimId: picked.claimId, workflowId, runId, countAttempt: failed, maxAttempts };
    const got = codeOr(() => real.there.ledger.giveBack({ ...request, ...(series && { series: [series] }) }));
    expect(got).toBe(want);
  },
});

export const waitStep = (ms: number): Step => ({
  name: `wait ${ms}`,
  run: (model, { there }) => {
    there.clock.now += ms;
    model.now += ms;
  },
});

/** Hours at once, as a machine that slept: every lease is over. */
export const jumpStep: Step = { name: 'jump', run: waitStep(9 * 3_600_000).run };

export const sweepStep: Step = {
  name: 'sweep',
  run: (model, { there }) => {
    plainClaims.sweep(model);
    there.ledger.sweepExpiredClaims(maxAttempts);
  },
};

const filesAgree = (model: PlainLedger, { there }: Real): void => {
  const rows = there.ledger.files({ limit: 1000 });
  expect(rows.map((row) => [row.fileId, row.status, row.attempts, row.archivedAt !== null])).toEqual(
    model.files.map((file) => [file.fileId, file.status, file.attempts, file.archived]),
  );
};

const claimsAgree = (model: PlainLedger, { there }: Real): void => {
  const open = model.claims.filter(({ outcome }) => outcome === 'open');
  expect(
    there.ledger.openClaims().map(({ runId, leaseUntil, files }) => [runId, leaseUntil, files.length]),
  ).toEqual(open.map((claim) => [claim.owner, claim.leaseUntil, held(model, claim).length]));
};

/** Each missing candle is in one gap. */
const gapsAgree = (model: PlainLedger, { there }: Real): void => {
  for (const series of allSeries) {
    const times = there.ledger.gaps(series).flatMap(({ fromMs, missing, toMs }) => {
      expect(toMs).toBe(fromMs + (missing - 1) * hourMs);
      return Array.from({ length: missing }, (_, at) => fromMs + at * hourMs);
    });
    const want = [...(model.missing.get(seriesKey(series)) ?? [])].sort((one, other) => one - other);
    expect(times).toEqual(want.map(watermarkOf));
  }
};

const trainedCandles = ({ there }: Real, lineage: string): number =>
  there.ledger
    .dispositions(lineage)
    .filter(({ kind }) => kind === 'trained')
    .reduce((sum, { candles }) => sum + candles, 0);

export const agree = (model: PlainLedger, real: Real): void => {
  const { ledger } = real.there;
  filesAgree(model, real);
  claimsAgree(model, real);
  gapsAgree(model, real);
  expect(ledger.watermarks().map(({ series, value }) => [series, value])).toEqual(
    [...model.watermarks]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([series, at]) => [series, watermarkOf(at)]),
  );
  expect(ledger.champion()?.versionId ?? null).toBe(model.promotions.at(-1)?.version ?? null);
  expect(ledger.versionCount()).toBe(model.versions.filter(({ pruned }) => !pruned).length);
  expect(
    ledger.lineages().map((row) => [row.lineage, row.headVersionId, trainedCandles(real, row.lineage)]),
  ).toEqual(model.lineages.map(({ name, head, trained }) => [name, head, trained.size]));
};

/** Open time of a candle by its number. */
export const watermarkOf = (at: number): number => genesisMs + at * hourMs;
