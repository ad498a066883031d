import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { featureSet } from '../features/candle-features.ts';
import { sha256Of } from '../ledger/candle-file.ts';
import type { Claim } from '../ledger/claim-rows.ts';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { seriesOfFile } from '../ledger/file-rows.ts';
import type { Ledger } from '../ledger/open.ts';
import { serializeHeads } from '../registry/heads.ts';
import type { ModelFile, SeriesModel } from '../registry/model-file.ts';
import { readVersion, writeVersionDir } from '../registry/store.ts';
import { versionIdOf } from '../registry/version-id.ts';
import { seriesKey } from '../series.ts';
import type { CommitRequest, CommittedVersion, SeriesOutcome } from '../workflows/types.ts';
import { owner } from './claims.ts';
import { failure } from './failures.ts';
import { orFenced } from './lease.ts';
import { removeStaged } from './staging.ts';
import { strictCommit } from './strict/report.ts';
import {
  describeVersion,
  refusedGates,
  rowOf,
  type Staged,
  summaryOf,
  type VersionMetadata,
} from './version-metadata.ts';

export interface CommitDeps {
  readonly ledger: Ledger;
  readonly modelsDir: string;
  readonly leaseMs: number;
  readonly seed: number;
  readonly options?: { readonly nStates: number | 'auto' };
  readonly codeVersion: string;
  /** Named points between steps, for tests that end the process there. */
  readonly crash?: CrashPoint;
}

export const createCommitActivities = (deps: CommitDeps) => ({
  /**
   * Makes one version of what was trained: directory first (complete, fsynced, renamed into place), then one transaction
   * for the version row, the processed files, their candles' dispositions and the lineage heads. The name follows from the claim, so a retry finds its own directory.
   */
  async commitVersion(request: CommitRequest): Promise<CommittedVersion> {
    const done = deps.ledger.versionOfClaim(request.claimId);
    if (done)
      return summaryOf(
        readVersion(deps.modelsDir, done.versionId, done.modelHash).metadata as unknown as VersionMetadata,
      );
    const metadata = orFenced(deps.ledger, request.claimId, () => makeVersion(deps, request));
    deps.crash?.('version:committed');
    removeStaged(deps.modelsDir, request.claimId);
    deps.crash?.('staged:removed');
    return summaryOf(metadata);
  },
});

const makeVersion = (deps: CommitDeps, request: CommitRequest): VersionMetadata => {
  const claim = deps.ledger.hold({ claimId: request.claimId, ...owner(), leaseMs: deps.leaseMs });
  const { versionId, model, metadata, strict } = assemble(deps, claim, request);
  const { dir, modelHash } = writeVersionDir({
    modelsDir: deps.modelsDir,
    ...{ versionId, model, metadata: { ...metadata } },
    ...(strict.heads.length > 0 && { heads: serializeHeads(strict.records) }),
    ...(deps.crash ? { crash: deps.crash } : {}),
  });
  deps.ledger.commitVersion({
    claimId: request.claimId,
    ...owner(),
    version: rowOf(metadata, dir, modelHash),
    alerts: refusedGates(metadata),
    dispositions: strict.dispositions,
    heads: strict.heads,
    isInPlace: () => existsSync(path.join(deps.modelsDir, dir)),
  });
  return metadata;
};

const assemble = (deps: CommitDeps, claim: Claim, request: CommitRequest) => {
  const staged = request.trained.map((outcome) => readStaged(deps.modelsDir, outcome));
  const parent = deps.ledger.champion()?.versionId ?? null;
  const inherited =
    parent === null
      ? {}
      : readVersion(deps.modelsDir, parent, deps.ledger.version(parent)?.modelHash).model.series;
  const model = composeModel(staged, inherited);
  const dataHash = hashOf(staged.map(({ outcome, dataHash }) => [outcome.series, dataHash]));
  const isAuto = deps.options?.nStates === 'auto' && request.request.nStates === undefined;
  const nStates = isAuto ? 'auto' : Math.max(...staged.map(({ outcome }) => outcome.nStates));
  const versionId = versionIdOf({ claimedAtMs: claim.claimedAt, nStates, claimId: claim.claimId, dataHash });
  const metadata = describeVersion({
    ...{ versionId, parent, staged, dataHash },
    startedAtMs: claim.claimedAt,
    left: request.left,
    fileIds: claimedBy(claim, staged),
    request: request.request,
    seed: deps.seed,
    codeVersion: deps.codeVersion,
  });
  return { versionId, model, metadata, strict: strictCommit(staged) };
};

const claimedBy = (claim: Claim, staged: readonly Staged[]): string[] => {
  const trained = new Set(staged.map(({ outcome }) => outcome.series));
  return claim.files.filter((file) => trained.has(seriesKey(seriesOfFile(file)))).map(({ fileId }) => fileId);
};

type Composed = { readonly outcome: Pick<Staged['outcome'], 'series' | 'decision'> } & {
  readonly training: Pick<Staged['training'], 'model'>;
};

/** A series that passed brings its candidate; every other one keeps the champion's model, where there is one. */
export const composeModel = (staged: readonly Composed[], inherited: ModelFile['series']): ModelFile => {
  const series: Record<string, SeriesModel> = { ...inherited };
  for (const { outcome, training } of staged) {
    const keeps = inherited[outcome.series];
    const { judged } = training.model;
    const kept = keeps && { ...keeps, ...(judged && { judged }) };
    series[outcome.series] = outcome.decision === 'pass' || !kept ? training.model : kept;
  }
  const sorted = Object.fromEntries(Object.entries(series).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { schema: 'autotrain-model/1', featureSet, series: sorted };
};

const readStaged = (modelsDir: string, outcome: SeriesOutcome): Staged => {
  const bytes = readFileSync(path.join(modelsDir, outcome.artefact.path));
  if (sha256Of(bytes) !== outcome.artefact.sha256) {
    throw failure('ModelCorrupt', `the staged training ${outcome.artefact.path} differs from its hash`);
  }
  return { outcome, ...(JSON.parse(bytes.toString('utf8')) as Omit<Staged, 'outcome'>) };
};

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
