/**
 * Random sequences of what runs, activities, Temporal and the janitor do, against a ledger and against a model in
 * memory that is plain enough to be believed. After each step both must agree on every file and every answer.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Series, seriesKey } from '../series.ts';
import { isLedgerError } from './errors.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, eth, land, versionNamed } from './ledger.fixture.ts';

const leaseMs = 100;
const maxAttempts = 3;
const workflows = ['retrain:a', 'retrain:b'] as const;
const runs = ['r1', 'r2', 'r3'] as const;
const allSeries = [btc, eth];

interface ModelFile {
  readonly series: string;
  status: 'downloaded' | 'processing' | 'processed' | 'quarantined';
  attempts: number;
  claim: ModelClaim | undefined;
}

interface ModelClaim {
  readonly workflowId: string;
  owner: string;
  readonly seen: Set<string>;
  leaseUntil: number;
  outcome: 'open' | 'over' | 'committed';
  versions: number;
}

interface Model {
  now: number;
  readonly files: ModelFile[];
  readonly claims: ModelClaim[];
}

const held = (model: Model, claim: ModelClaim) =>
  model.files.filter((file) => file.status === 'processing' && file.claim === claim);

const giveBackFile = (file: ModelFile, failed: boolean) => {
  file.attempts += failed ? 1 : 0;
  file.status = failed && file.attempts >= maxAttempts ? 'quarantined' : 'downloaded';
  file.claim = undefined;
  return file.status === 'downloaded';
};

const end = (model: Model, claim: ModelClaim) => {
  if (held(model, claim).length === 0) claim.outcome = claim.versions > 0 ? 'committed' : 'over';
};

const mayAct = (claim: ModelClaim, workflowId: string, runId: string) =>
  claim.workflowId === workflowId && (claim.owner === runId || !claim.seen.has(runId));

const take = (claim: ModelClaim, runId: string) => {
  claim.owner = runId;
  claim.seen.add(runId);
};

/** Answers of the model: a value, or the code of the failure. */
const modelOf = {
  claim(model: Model, workflowId: string, runId: string): number {
    const open = model.claims.find(
      (c) => c.outcome === 'open' && c.workflowId === workflowId && c.owner === runId,
    );
    if (open && open.leaseUntil > model.now) return held(model, open).length;
    if (open) modelOf.expire(model, open);
    const waiting = model.files.filter(({ status }) => status === 'downloaded');
    const claim: ModelClaim = {
      ...{ workflowId, owner: runId, seen: new Set([runId]), leaseUntil: model.now + leaseMs },
      ...{ outcome: 'open' as const, versions: 0 },
    };
    if (waiting.length > 0) model.claims.push(claim);
    for (const file of waiting) Object.assign(file, { status: 'processing', claim });
    return waiting.length;
  },
  expire(model: Model, claim: ModelClaim): void {
    for (const file of held(model, claim)) giveBackFile(file, true);
    end(model, claim);
  },
  hold(model: Model, claim: ModelClaim, workflowId: string, runId: string): number | string {
    if (claim.outcome === 'committed') return 'ClaimNotOpen';
    if (claim.outcome === 'over' || !mayAct(claim, workflowId, runId)) return 'Fenced';
    if (claim.leaseUntil <= model.now) return 'Fenced';
    take(claim, runId);
    claim.leaseUntil = Math.max(claim.leaseUntil, model.now + leaseMs);
    return held(model, claim).length;
  },
  giveBack(
    model: Model,
    claim: ModelClaim,
    workflowId: string,
    runId: string,
    failed: boolean,
    series?: string,
  ) {
    if (!mayAct(claim, workflowId, runId)) return 'Fenced';
    if (claim.outcome !== 'open') return 0;
    take(claim, runId);
    const wanted = held(model, claim).filter((file) => series === undefined || file.series === series);
    const back = wanted.filter((file) => giveBackFile(file, failed)).length;
    end(model, claim);
    return back;
  },
  commit(model: Model, claim: ModelClaim, workflowId: string, runId: string, series: readonly string[]) {
    if (!mayAct(claim, workflowId, runId)) return 'Fenced';
    if (claim.versions > 0) return 'same';
    if (claim.outcome === 'over' || claim.leaseUntil <= model.now) return 'Fenced';
    take(claim, runId);
    claim.versions = 1;
    for (const file of held(model, claim)) if (series.includes(file.series)) file.status = 'processed';
    if (held(model, claim).length === 0) claim.outcome = 'committed';
    return 'new';
  },
  sweep(model: Model): void {
    for (const claim of model.claims) {
      if (claim.outcome === 'open' && claim.leaseUntil <= model.now) modelOf.expire(model, claim);
    }
  },
};

interface Real {
  readonly there: ReturnType<typeof openFresh>;
  readonly claimIds: number[];
  readonly watermarks: Map<string, number>;
  fence: number;
}

const codeOr = <T>(work: () => T): T | string => {
  try {
    return work();
  } catch (error) {
    if (isLedgerError(error)) return error.code;
    throw error;
  }
};

const agree = (model: Model, { there }: Real) => {
  const rows = there.ledger.files({ limit: 1000 });
  expect(rows.map(({ status, attempts }) => [status, attempts])).toEqual(
    model.files.map(({ status, attempts }) => [status, attempts]),
  );
  const open = model.claims.filter(({ outcome }) => outcome === 'open');
  expect(there.ledger.openClaims().map(({ runId, files }) => [runId, files.length])).toEqual(
    open.map((claim) => [claim.owner, held(model, claim).length]),
  );
};

type Step = (model: Model, real: Real) => void;
interface Named {
  readonly name: string;
  readonly step: Step;
}

const runStep = ({ step }: Named, model: Model, real: Real) => {
  step(model, real);
  agree(model, real);
};

const landStep = (series: Series): Named => ({
  name: `land ${series.symbol}`,
  step: (model, { there, watermarks }) => {
    const from = watermarks.get(seriesKey(series)) ?? 0;
    land(there, { series, from, count: 1 });
    watermarks.set(seriesKey(series), from + 1);
    model.files.push({ series: seriesKey(series), status: 'downloaded', attempts: 0, claim: undefined });
  },
});

const claimStep = (workflowId: string, runId: string): Named => ({
  name: `claim ${workflowId} ${runId}`,
  step: (model, real) => {
    const before = model.claims.length;
    const want = modelOf.claim(model, workflowId, runId);
    const series = allSeries.map(seriesKey);
    const got = real.there.ledger.claim({ workflowId, runId, leaseMs, series, maxAttempts });
    expect(got.files.length).toBe(want);
    if (model.claims.length === before) return;
    expect(got.fence).toBeGreaterThan(real.fence);
    real.fence = got.fence;
    real.claimIds.push(got.claimId);
  },
});

/** The claims newest first: that is where most happens. */
const pick = (model: Model, real: Real, back: number) => {
  const at = model.claims.length - 1 - (back % Math.max(1, model.claims.length));
  const claim = model.claims[at];
  const claimId = real.claimIds[at];
  return claim && claimId !== undefined ? { claim, claimId } : undefined;
};

const holdStep = (back: number, workflowId: string, runId: string): Named => ({
  name: `hold -${back} ${workflowId} ${runId}`,
  step: (model, real) => {
    const picked = pick(model, real, back);
    if (!picked) return;
    const want = modelOf.hold(model, picked.claim, workflowId, runId);
    const request = { claimId: picked.claimId, workflowId, runId, leaseMs };
    expect(codeOr(() => real.there.ledger.hold(request).files.length)).toBe(want);
  },
});

const giveBackStep = (
  back: number,
  workflowId: string,
  runId: string,
  failed: boolean,
  only: boolean,
): Named => ({
  name: `giveBack -${back} ${workflowId} ${runId} failed=${failed} only=${only}`,
  step: (model, real) => {
    const picked = pick(model, real, back);
    if (!picked) return;
    const series = only ? seriesKey(btc) : undefined;
    const want = modelOf.giveBack(model, picked.claim, workflowId, runId, failed, series);
    const request = { claimId: picked.claimId, workflowId, runId, countAttempt: failed, maxAttempts };
    const got = codeOr(() => real.there.ledger.giveBack({ ...request, ...(series && { series: [series] }) }));
    expect(got).toBe(want);
  },
});

const commitStep = (back: number, workflowId: string, runId: string, only: boolean): Named => ({
  name: `commit -${back} ${workflowId} ${runId} only=${only}`,
  step: (model, real) => {
    const picked = pick(model, real, back);
    if (!picked) return;
    const series = only ? [btc] : allSeries;
    const want = modelOf.commit(model, picked.claim, workflowId, runId, series.map(seriesKey));
    const { ledger } = real.there;
    const before = ledger.versionCount();
    const version = versionNamed(picked.claimId, series);
    const request = { claimId: picked.claimId, workflowId, runId, version, dispositions: [] };
    const got = codeOr(() => ledger.commitVersion(request).versionId);
    expect(got).toBe(want === 'Fenced' ? 'Fenced' : version.versionId);
    expect(ledger.versionCount() - before).toBe(want === 'new' ? 1 : 0);
  },
});

const waitStep = (ms: number): Named => ({
  name: `wait ${ms}`,
  step: (model, { there }) => {
    there.clock.now += ms;
    model.now = there.clock.now;
  },
});

const sweepStep: Named = {
  name: 'sweep',
  step: (model, { there }) => {
    modelOf.sweep(model);
    there.ledger.sweepExpiredClaims(maxAttempts);
  },
};

const actor = fc.tuple(fc.nat({ max: 2 }), fc.constantFrom(...workflows), fc.constantFrom(...runs));
const step = fc.oneof(
  fc.constantFrom(...allSeries).map(landStep),
  fc.tuple(fc.constantFrom(...workflows), fc.constantFrom(...runs)).map(([w, r]) => claimStep(w, r)),
  actor.map(([back, w, r]) => holdStep(back, w, r)),
  fc
    .tuple(actor, fc.boolean(), fc.boolean())
    .map(([[back, w, r], failed, only]) => giveBackStep(back, w, r, failed, only)),
  fc.tuple(actor, fc.boolean()).map(([[back, w, r], only]) => commitStep(back, w, r, only)),
  fc.constantFrom(10, 60, 100).map(waitStep),
  fc.constant(sweepStep),
);

test('the ledger and a plain model agree after every step of random histories', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const there = openFresh({ inMemory: true });
      const model: Model = { now: there.clock.now, files: [], claims: [] };
      const real: Real = { there, claimIds: [], watermarks: new Map(), fence: 0 };
      for (const named of steps) runStep(named, model, real);
      there.ledger.close();
    }),
    { numRuns: 150 },
  );
}, 60_000);
