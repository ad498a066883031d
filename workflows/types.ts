/** What crosses Temporal: ids, counts, hashes and small reports. Candles never do. */

export interface IngestRequest {
  readonly series: string;
  /** `chunk`: one page of BATCH_LIMIT; `now`: pages until the exchange has no more closed candles. */
  readonly until: 'chunk' | 'now';
  /** Bounds the history of one run: it continues as new after so many pages. Default 500. */
  readonly pagesPerRun?: number;
  /** What runs before a continue-as-new already stored. */
  readonly carried?: { readonly downloaded: number; readonly pages: number; readonly gaps: number };
}

export interface IngestResult {
  readonly series: string;
  readonly downloaded: number;
  readonly pages: number;
  /** Spans of missing candles found by this run; the spans themselves are in the ledger. */
  readonly gaps: number;
  readonly watermark: number;
  /** False when there may be more: the run stored one chunk. */
  readonly caughtUp: boolean;
  /** What the exchange changed in candles that were stored before; absent in runs of older code. */
  readonly lookedAgain?: LookResult;
}

/** Stored candles against what the exchange says of them now. */
export interface LookResult {
  readonly compared: number;
  readonly rewritten: number;
  /** Candles where a gap, or a removed one, was. */
  readonly appeared: number;
  readonly removed: number;
  /** Left out by this answer: removed when a later one leaves them out too. */
  readonly suspected: number;
  /** Why there was no answer; the next run asks again. */
  readonly unanswered?: string;
}

export interface AuditRunRequest {
  readonly series: readonly string[];
}

export interface AuditRequest {
  readonly series: string;
  /** yyyy-mm-dd: with the sample's number it picks the range. */
  readonly day: string;
  readonly sample: number;
}

export interface AuditResult extends LookResult {
  readonly series: string;
  readonly sample: number;
  /** Open times of the first and the last candle asked for; absent: too few are stored. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

export interface AuditReport {
  readonly day: string;
  readonly outcome: 'agrees' | 'corrected' | 'unanswered';
  readonly ranges: readonly AuditResult[];
}

export interface PageResult {
  readonly downloaded: number;
  readonly watermark: number;
  readonly gaps: number;
  readonly caughtUp: boolean;
}

export interface RetrainRequest {
  /** Number of states; absent: HMM_STATES. */
  readonly nStates?: number;
  readonly tag?: string;
  /** False: the version is stored and never promoted by this run. */
  readonly promote?: boolean;
}

export interface ClaimSummary {
  readonly claimId: number;
  readonly claimedFiles: number;
  /** MODEL_SCOPE when it was claimed: one model per series (also when absent), or one over all of them. */
  readonly scope?: 'series' | 'pooled';
  readonly series: readonly { readonly series: string; readonly files: number; readonly bars: number }[];
}

export interface TrainSeriesRequest {
  readonly claimId: number;
  readonly series: string;
  readonly nStates?: number;
}

export interface TrainPooledRequest {
  readonly claimId: number;
  readonly series: readonly string[];
  readonly nStates?: number;
}

/** What a pooled training left; `left`: series that could not take part, and why. */
export interface PooledOutcome {
  readonly trained: readonly SeriesOutcome[];
  readonly left: readonly SeriesFailure[];
}

/** What one series' training left: the model itself is in a staged file, named by its hash. */
export interface SeriesOutcome {
  readonly series: string;
  readonly artefact: { readonly path: string; readonly sha256: string };
  readonly decision: 'pass' | 'refuse' | 'insufficient';
  readonly reason: string;
  readonly metricValue: number;
  readonly heldOutCandles: number;
  readonly nObs: number;
  readonly nStates: number;
}

export interface SeriesFailure {
  readonly series: string;
  readonly type: string;
  readonly reason: string;
}

export interface CommitRequest {
  readonly claimId: number;
  readonly trained: readonly SeriesOutcome[];
  readonly left: readonly SeriesFailure[];
  readonly request: RetrainRequest;
}

export interface CommittedVersion {
  readonly versionId: string;
  readonly parentVersionId: string | null;
  readonly metricName: string;
  readonly metricValue: number;
  readonly nObs: number;
  readonly nStates: number;
  readonly claimedFiles: number;
  /** Series whose candidate passed the gate; with none of them nothing is promoted. */
  readonly passed: readonly string[];
  readonly message: string;
}

export interface RetrainResult {
  readonly version_id: string;
  readonly metric_name: string;
  readonly metric_value: number | null;
  readonly promoted: boolean;
  readonly message: string;
  readonly metadata: {
    readonly claimed_files: number;
    readonly n_obs: number;
    readonly n_states: number | null;
    readonly parent_version: string | null;
    readonly series: readonly {
      readonly series: string;
      readonly outcome: string;
      readonly reason: string;
    }[];
  };
}

export interface Proposal {
  readonly versionId: string;
  readonly expectedChampion: string | null;
  readonly actor: string;
}

export interface PromotionRequest {
  readonly kind: 'promote' | 'rollback' | 'approve';
  /** For a rollback: where to; absent: the champion's predecessor. */
  readonly versionId?: string;
  readonly actor: string;
  readonly reason: string;
  /** The same request asked twice is carried out once. */
  readonly requestId: string;
  /** Refuse when another version became champion meanwhile; null: there must be none. */
  readonly expectedChampion?: string | null;
}

export interface PromotionRecord {
  readonly versionId: string;
  readonly previousVersionId: string | null;
  readonly kind: string;
  readonly fence: number;
  readonly actor: string;
  readonly reason: string;
  readonly atMs: number;
}

export interface SweepResult {
  readonly requeued: number;
  readonly quarantined: number;
  readonly orphansRemoved: number;
  readonly versionsQuarantined: number;
  readonly versionsPruned: number;
  /** Absent in results of before. */
  readonly rowsCompacted?: number;
}

export interface SnapshotResult {
  readonly name: string;
  readonly champion: string | null;
  readonly versions: number;
  readonly files: number;
  readonly bytes: number;
  /** What the ledger knows and the disk did not have. */
  readonly missing: number;
  /** Older snapshots that went. */
  readonly removed: number;
}

export interface TickRequest {
  readonly workflow: 'audit' | 'ingest' | 'janitor' | 'retrain' | 'snapshot' | 'watch';
  readonly workflowId: string;
  readonly args: readonly unknown[];
  readonly summary: string;
  /** Arguments that tell one retrain from another, for whoever wants to join it. */
  readonly memo?: Readonly<Record<string, unknown>>;
}
