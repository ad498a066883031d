import {
  held,
  mayAct,
  miss,
  type PlainClaim,
  type PlainFile,
  type PlainLedger,
  type PlainLineage,
  putAside,
  take,
} from './plain-claims.fixture.ts';

/** What a commit says became of the candles: each as trained where it is new to the lineage, or all of them as trained. */
export type Honesty = 'honest' | 'trains twice' | 'from another head';

export interface PlainCommit {
  readonly workflowId: string;
  readonly runId: string;
  readonly series: readonly string[];
  readonly versionId: string;
  readonly honesty: Honesty;
}

const candlesOf = ({ from, to }: PlainFile): number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);

export const activeLineage = (ledger: PlainLedger, series: string): PlainLineage | undefined =>
  ledger.lineages.filter((lineage) => lineage.series === series).at(-1);

/** The lineage of a series as it will be called, also before its genesis. */
export const lineageName = (ledger: PlainLedger, series: string): string =>
  activeLineage(ledger, series)?.name ?? `${series}#1`;

export const championStack = (ledger: PlainLedger): string[] => {
  const stack: string[] = [];
  for (const { version } of ledger.promotions) {
    while (stack.includes(version)) stack.pop();
    stack.push(version);
  }
  return stack;
};

export const championOf = (ledger: PlainLedger): string | null => ledger.promotions.at(-1)?.version ?? null;

const isProtected = (ledger: PlainLedger, version: string): boolean => {
  const stack = championStack(ledger);
  const left = ledger.promotions.at(-2)?.version;
  const heads = ledger.lineages.map(({ head }) => head);
  return [...stack.slice(-2), left, ...heads].includes(version);
};

const files = (ledger: PlainLedger, claim: PlainClaim, series: readonly string[]) =>
  held(ledger, claim).filter((file) => series.includes(file.series));

/** What each file's candles are to the lineage when the files come in the order of registration. */
export const newCandles = (ledger: PlainLedger, claim: PlainClaim, series: readonly string[]) => {
  const trained = new Map(series.map((key) => [key, new Set(activeLineage(ledger, key)?.trained)]));
  return files(ledger, claim, series).map((file) => {
    const known = trained.get(file.series) ?? new Set<number>();
    const fresh = candlesOf(file).filter((at) => !known.has(at));
    for (const at of fresh) known.add(at);
    return { file, fresh };
  });
};

/** Answers: a value, or the code of the failure. */
export const plain = {
  /** `expected` and `to` are numbers of candles. */
  register(ledger: PlainLedger, file: PlainFile, expected: number): boolean | string {
    const stored = ledger.watermarks.get(file.series) ?? 0;
    const known = ledger.files.some(({ fileId }) => fileId === file.fileId);
    if (!known && stored !== expected) return 'WatermarkMoved';
    if (!known) ledger.files.push(file);
    ledger.watermarks.set(file.series, Math.max(stored, file.to));
    return !known;
  },

  advance(ledger: PlainLedger, series: string, expected: number, next: number): number | string {
    const stored = ledger.watermarks.get(series) ?? 0;
    if (next <= expected) return 'RangeError';
    if (stored === next) return next;
    if (stored !== expected) return 'WatermarkMoved';
    miss(ledger, series, { from: expected, to: next });
    ledger.watermarks.set(series, next);
    return next;
  },

  quarantine(ledger: PlainLedger, file: PlainFile, claim: PlainClaim | undefined): string {
    if (file.status === 'quarantined') return 'done';
    if (file.status === 'deleted') return 'Conflict';
    if (claim && file.status === 'processing' && claim.outcome === 'committed') return 'ClaimNotOpen';
    if (claim && !(file.status === 'processing' && file.claim === claim)) return 'Fenced';
    putAside(ledger, [file]);
    return 'done';
  },

  commit(ledger: PlainLedger, claim: PlainClaim, commit: PlainCommit): string {
    const { workflowId, runId, series, versionId, honesty } = commit;
    if (!mayAct(claim, workflowId, runId)) return 'Fenced';
    if (claim.versions > 0) return 'same';
    if (claim.outcome === 'over' || claim.leaseUntil <= ledger.now) return 'Fenced';
    const found = newCandles(ledger, claim, series);
    const twice = found.some(({ file, fresh }) => fresh.length < file.to - file.from);
    if (honesty === 'trains twice' && twice) return 'refused';
    const moved = [...new Set(found.map(({ file }) => file.series))];
    if (honesty === 'from another head' && moved.length > 0) return 'Fenced';
    take(claim, runId);
    claim.versions = 1;
    ledger.versions.push({ id: versionId, pruned: false });
    for (const { file, fresh } of found) plain.train(ledger, file, fresh, versionId);
    if (held(ledger, claim).length === 0) claim.outcome = 'committed';
    return 'new';
  },

  train(ledger: PlainLedger, file: PlainFile, fresh: readonly number[], head: string): void {
    file.status = 'processed';
    const { series } = file;
    const name = lineageName(ledger, series);
    if (!activeLineage(ledger, series)) ledger.lineages.push({ name, series, head, trained: new Set() });
    const lineage = activeLineage(ledger, series);
    if (!lineage) return;
    lineage.head = head;
    for (const at of fresh) lineage.trained.add(at);
  },

  startLineage(ledger: PlainLedger, series: string): string {
    const open = ledger.claims.filter(({ outcome }) => outcome === 'open');
    if (open.some((claim) => held(ledger, claim).some((file) => file.series === series))) return 'Conflict';
    const count = ledger.lineages.filter((lineage) => lineage.series === series).length;
    const name = `${series}#${count + 1}`;
    ledger.lineages.push({ name, series, head: null, trained: new Set() });
    for (const file of ledger.files)
      if (file.series === series && file.status === 'processed')
        Object.assign(file, { status: 'downloaded', claim: undefined });
    return name;
  },

  markArchived(file: PlainFile): void {
    if (file.status === 'processed') file.archived = true;
  },

  markDeleted(file: PlainFile): number {
    if (file.status !== 'processed' || !file.archived) return 0;
    file.status = 'deleted';
    return 1;
  },

  promote(
    ledger: PlainLedger,
    version: string,
    requestId: string,
    expected: string | null | undefined,
  ): string {
    const before = ledger.promotions.find((one) => one.requestId === requestId);
    if (before) return before.version === version ? 'same' : 'Conflict';
    if (ledger.versions.find(({ id }) => id === version)?.pruned) return 'NotFound';
    if (expected !== undefined && expected !== championOf(ledger)) return 'Conflict';
    ledger.promotions.push({ version, requestId });
    return 'new';
  },

  prune(ledger: PlainLedger, id: string): boolean | string {
    const version = ledger.versions.find((one) => one.id === id);
    if (!version || version.pruned) return 'NotFound';
    if (isProtected(ledger, id)) return false;
    version.pruned = true;
    return true;
  },
};
