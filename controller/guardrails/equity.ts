import { eq } from 'drizzle-orm';
import type { Db, Store } from '../database.ts';
import { ControllerError } from '../errors.ts';
import type { Scope } from '../names.ts';
import { equities } from '../schema.ts';
import type { Settings } from '../settings.ts';
import { recordAct } from './audit.ts';
import { dropForgiven, type ForgivenRow, followPeak, forgiveFor, forgivenOf } from './forgiven.ts';
import { lockTarget } from './locks.ts';
import { tighten } from './standing.ts';
import { everything, strategyOf, type Target, targetOf } from './targets.ts';

/** The account's equity, of everything or of a strategy (on an instrument). */
export interface EquityReport extends Partial<Scope> {
  readonly equity: number;
  /** Account currency; the same for every report of a target. */
  readonly currency: string;
}

/** Limits of this target count from a peak of its own, since a person forgave what came before. */
interface ForgivenView {
  readonly target: Target;
  readonly peak: number;
  readonly drawdown: number;
}

/** drawdown = (peak − equity) / peak: a share of the highest equity reported since it was last forgiven for everything. */
export interface EquityView {
  readonly target: Target;
  readonly equity: number;
  readonly peak: number;
  readonly drawdown: number;
  readonly currency: string;
  readonly peak_at: number;
  readonly updated_at: number;
  readonly forgiven: readonly ForgivenView[];
}

type EquityRow = typeof equities.$inferSelect;

const drawdownFrom = (peak: number, equity: number): number => (peak > 0 ? (peak - equity) / peak : 0);

const equityView = (
  { target, equity, peak, currency, peakAt, updatedAt }: EquityRow,
  forgiven: readonly ForgivenRow[],
): EquityView => ({
  target,
  equity,
  peak,
  drawdown: drawdownFrom(peak, equity),
  currency,
  peak_at: peakAt,
  updated_at: updatedAt,
  forgiven: forgiven.map((one) => ({
    target: one.target,
    peak: one.peak,
    drawdown: drawdownFrom(one.peak, equity),
  })),
});

export const equityViews = (db: Db): EquityView[] =>
  db
    .select()
    .from(equities)
    .all()
    .map((row) => equityView(row, forgivenOf(db, row.target)));

const checked = ({ equity, currency }: EquityReport): void => {
  if (!Number.isFinite(equity))
    throw new ControllerError('InvalidData', `equity must be a finite number, not ${equity}`);
  if (!/^[A-Z0-9]{2,12}$/.test(currency))
    throw new ControllerError(
      'InvalidData',
      `currency ${JSON.stringify(currency)} must be 2 to 12 capital letters or digits`,
    );
};

const nextRow = (
  stored: EquityRow | undefined,
  target: Target,
  report: EquityReport,
  now: number,
): EquityRow => {
  const { equity, currency } = report;
  if (stored && stored.currency !== currency)
    throw new ControllerError(
      'Conflict',
      `the equity of ${target} is kept in ${stored.currency}, not in ${currency}`,
    );
  const isPeak = !stored || equity >= stored.peak;
  return {
    target,
    currency,
    equity,
    peak: isPeak ? equity : stored.peak,
    peakAt: isPeak ? now : stored.peakAt,
    updatedAt: now,
  };
};

const upsert = (db: Db, row: EquityRow): void => {
  db.insert(equities).values(row).onConflictDoUpdate({ target: equities.target, set: row }).run();
};

/** Strategies whose limits an equity counts for: the one that it is of, or all. */
const strategiesUnder = (target: Target, { schemas }: Settings): string[] => {
  const strategy = strategyOf(target);
  return strategy === undefined ? [...schemas.keys()] : [strategy];
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The peak that limits of a target count from, and how far below it the equity is. */
const seenFrom = ({ peak, drawdown, forgiven }: EquityView, target: Target) =>
  forgiven.find((one) => one.target === target) ?? { peak, drawdown };

const protect = (db: Db, view: EquityView, settings: Settings, now: number): void => {
  const { target, equity, currency } = view;
  for (const strategy of strategiesUnder(target, settings)) {
    const limit = settings.schemas.get(strategy)?.guardrails.protections.drawdown;
    const at = target === everything ? strategy : target;
    const { peak, drawdown } = seenFrom(view, at);
    if (!limit || drawdown < limit.max_share) continue;
    const reason = `equity ${equity} ${currency} is ${percent(drawdown)} below its peak ${peak}`;
    const until = now + limit.lock_minutes * 60_000;
    lockTarget(
      db,
      {
        target: at,
        protection: 'drawdown',
        reason: `${reason}; ${percent(limit.max_share)} is allowed`,
        until,
      },
      now,
    );
    if (limit.kill_share === undefined || drawdown < limit.kill_share) continue;
    const act = {
      target: at,
      reason: `${reason}; the kill switch is at ${percent(limit.kill_share)}`,
      actor: 'protection:drawdown',
    };
    if (tighten(db, { ...act, state: 'HALTED', since: now })) recordAct(db, { ...act, action: 'kill' }, now);
  }
};

/** Takes an equity in and applies every schema's drawdown limits. Throws InvalidData, InvalidName, Conflict. */
export const createReportEquity =
  ({ write }: Store, settings: Settings) =>
  (report: EquityReport): EquityView => {
    checked(report);
    const target = targetOf(report);
    return write((db) => {
      const now = settings.clock();
      const stored = db.select().from(equities).where(eq(equities.target, target)).get();
      const row = nextRow(stored, target, report, now);
      upsert(db, row);
      followPeak(db, row, now);
      const view = equityView(row, forgivenOf(db, target));
      protect(db, view, settings, now);
      return view;
    });
  };

/** Nobody's limit counts from the old peak any more. */
const restart = (db: Db, row: EquityRow, { peak, peakAt }: Pick<EquityRow, 'peak' | 'peakAt'>): void => {
  upsert(db, { ...row, peak, peakAt });
  dropForgiven(db, row.target, peak);
};

const restartWhereAllForgave = (db: Db, row: EquityRow, { schemas }: Settings): void => {
  const forgiven = forgivenOf(db, row.target);
  const isForgiven = (strategy: string) => forgiven.some(({ target }) => target === strategy);
  const limited = [...schemas.values()].filter(({ guardrails }) => guardrails.protections.drawdown);
  if (!limited.every(({ strategy }) => isForgiven(strategy))) return;
  restart(
    db,
    row,
    forgiven.reduce((highest, one) => (one.peak > highest.peak ? one : highest)),
  );
};

/**
 * A person lets a drawdown be, for this target alone: its limits count from today's equity. An equity that only this target
 * is locked by starts again; that of everything does so when every strategy with a limit was forgiven.
 */
export const forgiveDrawdown = (db: Db, target: Target, settings: Settings, now: number): void => {
  for (const row of db.select().from(equities).all()) {
    if (target === everything || row.target === target) restart(db, row, { peak: row.equity, peakAt: now });
    else if (row.target === everything && strategyOf(target) === target) {
      forgiveFor(db, row, target, now);
      restartWhereAllForgave(db, row, settings);
    }
  }
};
