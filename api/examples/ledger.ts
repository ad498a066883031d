import type { Example } from '../document.ts';
import { atMs, series, version } from './names.ts';

const files = { downloaded: 1, processing: 0, processed: 6, deleted: 240, quarantined: 0 };
const gap = { fromMs: atMs - 7_200_000, toMs: atMs - 7_080_000, missing: 3 };

export const ledger: Example = {
  answer: {
    files,
    series: [
      {
        ...{ series, bars: 20_480, watermark: atMs, updated_at: atMs + 900, lag_candles: 0 },
        ...{ gap_count: 1, missing: 3, gaps: [{ ...gap, state: 'open' }] },
      },
    ],
    stale_candles: 5,
    quarantined: [],
    disks: [{ root: '/ml', free_bytes: 40_000_000_000, total_bytes: 100_000_000_000 }],
  },
};

export const gaps: Example = {
  query: { limit: 1 },
  answer: {
    data: [
      {
        series,
        ...gap,
        foundAt: atMs - 7_000_000,
        state: 'open',
        attempts: 2,
        answers: 2,
        lastTriedAt: atMs - 3_600_000,
        nextRetryAt: atMs + 3_600_000,
        filledAt: null,
      },
    ],
  },
};

export const corrections: Example = {
  query: { limit: 1 },
  answer: {
    data: [
      {
        fileId: '5f1c6c2f0e4d',
        series,
        openTimeMs: atMs - 600_000,
        change: 'removed',
        before: '93120.5,93180.0,93100.1,93150.2,12.5',
      },
    ],
  },
};

export const watermarks: Example = {
  answer: {
    data: [{ name: `ingest:${series}`, series, value: atMs, updated_at: atMs + 900, lag_candles: 1 }],
  },
};

export const history: Example = { query: { hours: 1 }, answer: { data: [{ atMs, files }] } };

export const chart: Example = {
  query: { series, limit: 2, before: atMs },
  answer: {
    series,
    timeframe_ms: 60_000,
    version_id: version,
    candles: [
      [atMs - 120_000, 93_120.5, 93_180, 93_100.1, 93_150.2, 12.5],
      [atMs - 60_000, 93_150.2, 93_200, 93_149.9, 93_199.5, 9.75],
    ],
    regimes: ['BEAR', 'BULL'],
    probabilities: [
      [0.24, 0.76],
      [0.18, 0.82],
    ],
    forecast: [],
    next_before: atMs - 120_000,
  },
};
