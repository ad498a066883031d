import { alwaysArm, type BanditLog, evaluatePolicy } from '../ope/estimators.ts';
import { columnsOf, numbersOf } from './table.ts';

/** What Open Bandit Pipeline says of each target policy: `uniform`, `greedy_q` or `preset<arm>`. */
export interface OffPolicyReference {
  readonly estimates: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface LoggedDecisions {
  readonly log: BanditLog;
  /** [n · K] */
  readonly forecasts: Float64Array;
}

/** Columns a (arm), r (reward), p0… (chances as served), q0… (forecasts). */
export const parseLog = (text: string): LoggedDecisions => {
  const { header, rows } = numbersOf(text);
  const [p, q] = [columnsOf(header, 'p'), columnsOf(header, 'q')];
  const [a, r] = [header.indexOf('a'), header.indexOf('r')];
  const matrix = (columns: readonly number[]) =>
    Float64Array.from(rows.flatMap((row) => columns.map((column) => row[column]!)));
  const log: BanditLog = {
    arms: p.length,
    served: Int32Array.from(rows, (row) => row[a]!),
    rewards: Float64Array.from(rows, (row) => row[r]!),
    propensities: matrix(p),
  };
  return { log, forecasts: matrix(q) };
};

const greedyTarget = ({ log: { arms, served }, forecasts }: LoggedDecisions): Float64Array => {
  const target = new Float64Array(forecasts.length);
  served.forEach((_, i) => {
    const row = forecasts.subarray(i * arms, (i + 1) * arms);
    target[i * arms + row.indexOf(Math.max(...row))] = 1;
  });
  return target;
};

const targetOf = (name: string, logged: LoggedDecisions): Float64Array => {
  const { arms } = logged.log;
  if (name === 'uniform') return new Float64Array(logged.forecasts.length).fill(1 / arms);
  if (name === 'greedy_q') return greedyTarget(logged);
  const arm = /^preset(\d+)$/.exec(name)?.[1];
  if (arm === undefined) throw new RangeError(`"${name}" is no target: uniform, greedy_q or preset<arm>`);
  return alwaysArm(logged.log, Number(arm));
};

/** Largest absolute error of IPS, SNIPS, DM, DR, their standard errors and the effective sample size, by target. */
export const offPolicyErrors = (
  { estimates }: OffPolicyReference,
  logged: LoggedDecisions,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(estimates).map(([name, want]) => {
      const { ips, snips, dm, dr, effectiveSampleSize } = evaluatePolicy(logged.log, {
        target: targetOf(name, logged),
        forecasts: logged.forecasts,
      });
      const got: Readonly<Record<string, number>> = {
        ips: ips.value,
        snips: snips.value,
        dm: dm.value,
        dr: dr.value,
        ess: effectiveSampleSize,
        ips_se: ips.standardError,
        dr_se: dr.standardError,
      };
      const errors = Object.entries(got)
        .filter(([key]) => want[key] !== undefined)
        .map(([key, value]) => Math.abs(value - want[key]!));
      return [name, Math.max(...errors)];
    }),
  );
