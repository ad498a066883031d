import { eq } from 'drizzle-orm';
import type { Db, Store } from '../database.ts';
import { ControllerError } from '../errors.ts';
import type { Scope } from '../names.ts';
import { equities } from '../schema.ts';
import type { Settings } from '../settings.ts';
import { recordAct } from './audit.ts';
import { lockTarget } from './locks.ts';
import { tighten } from './standing.ts';
import { everything, strategyOf, type Target, targetOf } from './targets.ts';

/** The account's equity, of everything or of a strategy (on an instrument). */
export interface EquityReport extends Partial<Scope> {
  readonly equity: number;
  /** Account currency; the same for every report of a target. */
  readonly currency: string;
}

/** drawdown = (peak − equity) / peak: a share of the highest equity reported since it was last forgiven. */
export interface EquityView {
  readonly target: Target;
  readonly equity: number;
  readonly peak: number;
  readonly drawdown: number;
  readonly currency: string;
  readonly peak_at: number;
  readonly updated_at: number;
}

type EquityRow = typeof equities.$inferSelect;

export const equityView = ({ target, equity, peak, currency, peakAt, updatedAt }: EquityRow): EquityView => ({
  target,
  equity,
  peak,
  drawdown: peak > 0 ? (peak - equity) / peak : 0,
  currency,
  peak_at: peakAt,
  updated_at: updatedAt,
});

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

const protect = (
  db: Db,
  { target, drawdown, peak, equity, currency }: EquityView,
  settings: Settings,
  now: number,
): void => {
  for (const strategy of strategiesUnder(target, settings)) {
    const limit = settings.schemas.get(strategy)?.guardrails.protections.drawdown;
    if (!limit || drawdown < limit.max_share) continue;
    const at = target === everything ? strategy : target;
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
      const view = equityView(row);
      protect(db, view, settings, now);
      return view;
    });
  };

/** A person lets a drawdown be: the peak starts again at today's equity, of every equity that could have locked the target. */
export const forgiveDrawdown = (db: Db, target: Target, now: number): void => {
  for (const row of db.select().from(equities).all()) {
    const concerns =
      row.target === everything ||
      row.target === target ||
      target === everything ||
      strategyOf(row.target) === target;
    if (concerns) upsert(db, { ...row, peak: row.equity, peakAt: now });
  }
};
