import type { Status } from './commands/status.ts';
import { table } from './table.ts';
import { ago, duration, figure, moment } from './text.ts';

const problemLines = ({ health }: Status): string[] => {
  const refused = health.model.problem;
  const own = [
    refused && `${refused.target} is refused: ${refused.detail}`,
    health.strategy_schemas.problem,
  ].filter((one) => one !== null);
  const lines = [
    ...health.problems.map(({ severity, message }) => `  ${severity.padEnd(8)}  ${message}`),
    ...own.map((problem) => `  warning   ${problem}`),
  ];
  return lines.length === 0 ? ['problems  none'] : ['problems', ...lines];
};

const modelLine = ({ active_version: active, metrics, versions }: Status): string => {
  if (active === null)
    return 'model     none serves yet: `autotrain ingest --until now`, then `autotrain train`';
  const numbers = Object.entries(metrics).map(([name, value]) => `${name} ${figure(value)}`);
  return `model     ${[active, ...numbers, `${versions} versions in all`].join('  ')}`;
};

const trainingLine = ({ health: { training } }: Status): string => {
  if (training === null) return 'training  unknown: the ledger cannot be read';
  if (training.state === 'KILLED')
    return `training  KILLED by ${training.actor} since ${moment(training.since_ms)} UTC: ${training.reason}`;
  const held = training.promotions_held_until_ms;
  return held === null
    ? 'training  active'
    : `training  active, nothing is promoted until ${moment(held)} UTC`;
};

const tradingLine = ({ trading, locks }: Status): string => {
  const stopped = trading.filter(({ state }) => state !== 'ACTIVE');
  const states = stopped.map(
    ({ target, state, reason }) => `${target} ${state}${reason ? ` (${reason})` : ''}`,
  );
  return `trading   ${[states.join(', ') || 'active', ...(locks > 0 ? [`${locks} locks`] : [])].join(', ')}`;
};

const fileLine = ({ files }: Status): string =>
  `files     ${Object.entries(files)
    .map(([status, count]) => `${status} ${count}`)
    .join(', ')}`;

const seriesTable = ({ watermarks }: Status, nowMs: number): string =>
  table(
    ['series', 'next candle (UTC)', 'behind', 'stored'],
    watermarks.map(({ series, value, updated_at: at, lag_candles: lag }) => [
      ...[series, moment(value), lag === null ? 'not configured' : `${lag} candles`, ago(at, nowMs)],
    ]),
    'no candles yet: `autotrain ingest --until now`',
  );

const runsTable = ({ runs, runs_problem: problem }: Status, nowMs: number): string =>
  runs === null
    ? `runs: unknown, ${problem}`
    : table(
        ['run', 'state', 'started', 'took'],
        runs.map(({ id, status, startedAt, ms }) => [
          ...[id, status.toLowerCase(), ago(startedAt, nowMs), ms === null ? null : duration(ms)],
        ]),
        'no run within a day',
      );

/** For people: what is wrong first. */
export const describeStatus = (status: Status, nowMs: number): string =>
  [
    `gateway   ${status.url}`,
    ...problemLines(status),
    ...[modelLine(status), trainingLine(status), tradingLine(status), fileLine(status)],
    '',
    seriesTable(status, nowMs),
    '',
    runsTable(status, nowMs),
  ].join('\n');
