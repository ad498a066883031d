import { newestCandles } from '../../ledger/candle-store.ts';
import { watcher } from '../../ledger/promotion-hold.ts';
import type { PromotionLook } from '../../ledger/promotion-looks.ts';
import type { PromotionRow } from '../../ledger/promotions.ts';
import type { GateResult } from '../../registry/gate.ts';
import type { SeriesModel } from '../../registry/model-file.ts';
import { readVersion } from '../../registry/store.ts';
import { type Series, seriesKey, timeframesMs } from '../../series.ts';
import { owner } from '../claims.ts';
import { championHashOf } from '../strict/comparison.ts';
import { type Attempt, attempts, inTime } from './attempts.ts';
import { lookAt, runUpCandles, unseenFromMs } from './look.ts';
import { mostCandles, nextLookAt } from './looks.ts';
import type { WatchDeps } from './watch-deps.ts';

interface Changed {
  readonly series: Series;
  readonly champion: SeriesModel;
  readonly predecessor: SeriesModel;
}

export interface PromotionWatch {
  /** The version that serves again; null: the champion stays. */
  readonly rolledBackTo: string | null;
  readonly killed: boolean;
  /** Looks taken by this run. */
  readonly looks: number;
}

/**
 * DESIGN §5: after a promotion new candles are scored under champion and predecessor. Where the champion is surely worse
 * it is rolled back, and where it is worse by far, or a candidate was, the loop is killed until a person has looked.
 * No step waits for another to succeed: what failed is told, and the run fails in the end. Rollbacks come before kills,
 * because a killed loop refuses them.
 */
export const watchPromotion = async (deps: WatchDeps): Promise<PromotionWatch> => {
  const { ledger, watch } = deps;
  if (ledger.trainingKill()) return { rolledBackTo: null, killed: true, looks: 0 };
  const promotion = ledger.champion();
  const { attempt, failures } = attempts();
  const guarded = promotion?.kind === 'promote' ? await guard(deps, promotion, attempt) : unguarded;
  await attempt('candidate', () => killIfCandidateWasFarWorse(deps));
  const found = failures.map(({ alert }) => alert);
  ledger.observeConditions({ kinds: ['watch_failed'], found, settleMs: watch.settleMs, run: owner() });
  if (failures.length > 0) throw failures[0]!.error;
  return { ...guarded, killed: ledger.trainingKill() !== undefined };
};

const unguarded = { rolledBackTo: null, looks: 0 };

/** The newest looks are the ledger's: what was found once is acted on, also when no model can be read any more. */
const guard = async (
  deps: WatchDeps,
  promotion: PromotionRow,
  attempt: Attempt,
): Promise<Omit<PromotionWatch, 'killed'>> => {
  const looks = await judge(deps, promotion, attempt);
  const worst = worstOf(lastLooks(deps, promotion));
  if (!worst) return { rolledBackTo: null, looks };
  const rolledBackTo = await attempt('rollback', () => rollBackIfWorse(deps, promotion, worst));
  await attempt('kill', () => killIfFarWorse(deps, promotion, worst));
  return { rolledBackTo: rolledBackTo ?? null, looks };
};

/** What was found is recorded before it is acted on, so that a crash between the two changes nothing. */
const judge = async (deps: WatchDeps, promotion: PromotionRow, attempt: Attempt): Promise<number> => {
  const changed = (await attempt(promotion.versionId, () => changedSeries(deps, promotion))) ?? [];
  let looks = 0;
  for (const one of changed) {
    const looked = await attempt(seriesKey(one.series), () =>
      lookIfDue(deps, promotion, one, changed.length),
    );
    if (looked) looks += 1;
  }
  return looks;
};

const lastLooks = ({ ledger, series }: WatchDeps, { fence }: PromotionRow): PromotionLook[] =>
  series.flatMap((one) => ledger.lastLook(fence, seriesKey(one)) ?? []);

/** Series that another model serves than before the promotion. */
const changedSeries = ({ ledger, modelsDir, series }: WatchDeps, promotion: PromotionRow): Changed[] => {
  const before =
    promotion.previousVersionId === null ? undefined : ledger.version(promotion.previousVersionId);
  if (!before || before.prunedAt !== null) return [];
  const modelsOf = (id: string) => readVersion(modelsDir, id, ledger.version(id)?.modelHash).model.series;
  const [now, then] = [modelsOf(promotion.versionId), modelsOf(before.versionId)];
  return series.flatMap((one) => {
    const [champion, predecessor] = [now[seriesKey(one)], then[seriesKey(one)]];
    if (!champion || !predecessor || championHashOf(champion) === championHashOf(predecessor)) return [];
    return [{ series: one, champion, predecessor }];
  });
};

/** The error of a promotion is shared by the series that it changed, and within a series by its looks. */
const lookIfDue = (deps: WatchDeps, { fence }: PromotionRow, changed: Changed, among: number): boolean => {
  const { ledger, dataDir, options } = deps;
  const { series, champion, predecessor } = changed;
  const last = ledger.lastLook(fence, seriesKey(series));
  const wanted = nextLookAt(last?.candles ?? 0, options.gate.minCandles);
  const timeframeMs = timeframesMs[series.timeframe];
  const behind = ((ledger.watermark(series) ?? 0) - unseenFromMs(champion, predecessor)) / timeframeMs - 1;
  if (wanted === undefined || behind < wanted) return false;
  const count = Math.min(behind, 2 * mostCandles) + runUpCandles;
  const columns = newestCandles({ ledger, dataDir, series, count });
  const look = (last?.look ?? 0) + 1;
  const { n, difference, upper } = lookAt({
    ...{ columns, timeframeMs, champion, predecessor, look },
    alpha: options.gate.alpha / among,
  });
  if (n < wanted || !Number.isFinite(upper)) return false;
  ledger.recordLook({
    promotionFence: fence,
    series: seriesKey(series),
    look,
    candles: n,
    difference,
    upper,
  });
  return true;
};

const worstOf = (looks: readonly PromotionLook[]): PromotionLook | undefined =>
  [...looks].sort((a, b) => a.upper - b.upper)[0];

const rounded = (value: number): number => Number(value.toPrecision(4));

const evidence = ({ series, candles, difference, upper, look }: PromotionLook): string =>
  `${series}: ${rounded(difference)} nats/candle against its predecessor on ${candles} later candles, ` +
  `surely below ${rounded(upper)} (look ${look})`;

const rollBackIfWorse = async (
  { ask, watch }: WatchDeps,
  { fence, versionId, previousVersionId }: PromotionRow,
  worst: PromotionLook,
): Promise<string | null> => {
  if (worst.upper >= -watch.rollbackDrop || previousVersionId === null) return null;
  const asked = ask.decide({
    ...{ kind: 'rollback', versionId: previousVersionId, expectedChampion: versionId, actor: watcher },
    reason: `${evidence(worst)}; ROLLBACK_MAX_DROP is ${watch.rollbackDrop}`,
    requestId: `${watcher}:rollback:${fence}`,
  });
  const record = await inTime(asked, watch.decideMs);
  return record.versionId;
};

const killIfFarWorse = (
  { ledger, watch }: WatchDeps,
  { fence }: PromotionRow,
  worst: PromotionLook,
): void => {
  if (worst.upper >= -watch.killDrop) return;
  const reason = `${evidence(worst)}; TRAINING_KILL_DROP is ${watch.killDrop}`;
  ledger.killTraining({ cause: `promotion:${fence}`, actor: watcher, reason, run: owner() });
};

/** A candidate that is far worse than what serves was made of bad candles, or badly: more of them would be as well. */
const killIfCandidateWasFarWorse = ({ ledger, watch, options }: WatchDeps): void => {
  const [newest] = ledger.versions({ limit: 1 });
  const gates = Object.entries((newest?.gate ?? {}) as Readonly<Record<string, GateResult | undefined>>);
  const bad = gates.find(([, gate]) => {
    const paired = gate?.paired;
    return paired && paired.n >= options.gate.minCandles && paired.upper < -watch.killDrop;
  });
  if (!newest || !bad || ledger.killedFor(`version:${newest.versionId}`)) return;
  const [series, gate] = bad;
  const { n, difference, upper } = gate!.paired!;
  const reason =
    `the candidate ${newest.versionId} is far worse than the champion: ${series}: ${rounded(difference)} nats/candle ` +
    `on ${n} candles, surely below ${rounded(upper)}; TRAINING_KILL_DROP is ${watch.killDrop}`;
  ledger.killTraining({ cause: `version:${newest.versionId}`, actor: watcher, reason, run: owner() });
};
