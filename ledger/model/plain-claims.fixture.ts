/** What a ledger is, as plainly as it can be said: arrays in memory, one statement after the other. */

export const leaseMs = 100;
export const maxAttempts = 3;

export interface PlainFile {
  readonly fileId: string;
  readonly series: string;
  /** Numbers of its first candle and of the one behind its last. */
  readonly from: number;
  readonly to: number;
  status: 'downloaded' | 'processing' | 'processed' | 'deleted' | 'quarantined';
  attempts: number;
  archived: boolean;
  claim: PlainClaim | undefined;
}

export interface PlainClaim {
  readonly workflowId: string;
  owner: string;
  readonly seen: Set<string>;
  leaseUntil: number;
  outcome: 'open' | 'over' | 'committed';
  versions: number;
}

export interface PlainLineage {
  readonly name: string;
  readonly series: string;
  head: string | null;
  readonly trained: Set<number>;
}

export interface PlainVersion {
  readonly id: string;
  pruned: boolean;
}

export interface PlainLedger {
  /** What the lease clock shows. */
  now: number;
  readonly files: PlainFile[];
  readonly claims: PlainClaim[];
  readonly watermarks: Map<string, number>;
  /** Numbers of candles that are gaps, by series. */
  readonly missing: Map<string, Set<number>>;
  readonly lineages: PlainLineage[];
  readonly versions: PlainVersion[];
  readonly promotions: { readonly version: string; readonly requestId: string }[];
}

export const emptyLedger = (now: number): PlainLedger => ({
  ...{
    now,
    files: [],
    claims: [],
    watermarks: new Map(),
    missing: new Map(),
    lineages: [],
    versions: [],
    promotions: [],
  },
});

export const held = (ledger: PlainLedger, claim: PlainClaim): PlainFile[] =>
  ledger.files.filter((file) => file.status === 'processing' && file.claim === claim);

const numbersOf = ({ from, to }: { from: number; to: number }): number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);

export const miss = (ledger: PlainLedger, series: string, range: { from: number; to: number }): void => {
  const missing = ledger.missing.get(series) ?? new Set<number>();
  for (const at of numbersOf(range)) missing.add(at);
  ledger.missing.set(series, missing);
};

/** Its candles are missing, but for those that the archive or another file has. */
export const putAside = (ledger: PlainLedger, aside: readonly PlainFile[]): void => {
  for (const file of aside) file.status = 'quarantined';
  for (const { series, archived, ...range } of aside)
    for (const at of archived ? [] : numbersOf(range)) {
      const has = (file: PlainFile) => file.series === series && file.from <= at && at < file.to;
      const isThere = (file: PlainFile) => file.status !== 'quarantined' || file.archived;
      const isCopied = ledger.files.some((file) => isThere(file) && has(file));
      if (!isCopied) miss(ledger, series, { from: at, to: at + 1 });
    }
};

/** How many wait again. */
const giveBackFiles = (ledger: PlainLedger, files: readonly PlainFile[], failed: boolean): number => {
  for (const file of files) {
    file.attempts += failed ? 1 : 0;
    Object.assign(file, { status: 'downloaded', claim: undefined });
  }
  const worn = files.filter(({ attempts }) => failed && attempts >= maxAttempts);
  putAside(ledger, worn);
  return files.length - worn.length;
};

const end = (ledger: PlainLedger, claim: PlainClaim): void => {
  if (held(ledger, claim).length === 0) claim.outcome = claim.versions > 0 ? 'committed' : 'over';
};

export const mayAct = (claim: PlainClaim, workflowId: string, runId: string): boolean =>
  claim.workflowId === workflowId && (claim.owner === runId || !claim.seen.has(runId));

export const take = (claim: PlainClaim, runId: string): void => {
  claim.owner = runId;
  claim.seen.add(runId);
};

/** Answers: a value, or the code of the failure. */
export const plainClaims = {
  claim(ledger: PlainLedger, workflowId: string, runId: string): number {
    const open = ledger.claims.find(
      (c) => c.outcome === 'open' && c.workflowId === workflowId && c.owner === runId,
    );
    if (open && open.leaseUntil > ledger.now) return held(ledger, open).length;
    if (open) plainClaims.expire(ledger, open);
    const waiting = ledger.files.filter(({ status }) => status === 'downloaded');
    const claim: PlainClaim = {
      ...{ workflowId, owner: runId, seen: new Set([runId]), leaseUntil: ledger.now + leaseMs },
      ...{ outcome: 'open' as const, versions: 0 },
    };
    if (waiting.length > 0) ledger.claims.push(claim);
    for (const file of waiting) Object.assign(file, { status: 'processing', claim });
    return waiting.length;
  },

  expire(ledger: PlainLedger, claim: PlainClaim): void {
    giveBackFiles(ledger, held(ledger, claim), true);
    end(ledger, claim);
  },

  hold(ledger: PlainLedger, claim: PlainClaim, workflowId: string, runId: string): number | string {
    if (claim.outcome === 'committed') return 'ClaimNotOpen';
    if (claim.outcome === 'over' || !mayAct(claim, workflowId, runId)) return 'Fenced';
    if (claim.leaseUntil <= ledger.now) return 'Fenced';
    take(claim, runId);
    claim.leaseUntil = Math.max(claim.leaseUntil, ledger.now + leaseMs);
    return held(ledger, claim).length;
  },

  giveBack(
    ledger: PlainLedger,
    claim: PlainClaim,
    workflowId: string,
    runId: string,
    failed: boolean,
    series?: string,
  ): number | string {
    if (!mayAct(claim, workflowId, runId)) return 'Fenced';
    if (claim.outcome !== 'open') return 0;
    take(claim, runId);
    const wanted = held(ledger, claim).filter((file) => series === undefined || file.series === series);
    const back = giveBackFiles(ledger, wanted, failed);
    end(ledger, claim);
    return back;
  },

  sweep(ledger: PlainLedger): void {
    for (const claim of ledger.claims) {
      if (claim.outcome === 'open' && claim.leaseUntil <= ledger.now) plainClaims.expire(ledger, claim);
    }
  },
};
