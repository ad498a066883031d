import { z } from '@hono/zod-openapi';
import { type FileRow, seriesOfFile } from '../../ledger/file-rows.ts';
import type { GapTotal } from '../../ledger/gaps.ts';
import { parseSeries, seriesKey } from '../../series.ts';
import { epochMs, fileCounts } from '../answers.ts';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/ledger.ts';
import * as loopExamples from '../examples/loop.ts';
import { flag, symbolName } from '../fields.ts';
import { defined } from '../pages.ts';
import { ofTemporal } from '../refusals.ts';
import { demandSeries } from '../symbols.ts';

/** Open times of the first and the last candle that is missing. */
const gap = {
  fromMs: epochMs,
  toMs: epochMs,
  missing: z.number().int(),
  state: z.enum(['open', 'outage', 'filled']),
};

const ledgerAnswer = z.object({
  files: fileCounts,
  series: z.array(
    z.object({
      series: z.string(),
      bars: z.number().int(),
      watermark: epochMs,
      updated_at: epochMs,
      lag_candles: z.number().int().nullable(),
      gap_count: z.number().int(),
      missing: z.number().int(),
      gaps: z.array(z.object(gap)),
    }),
  ),
  quarantined: z.array(
    z.object({
      series: z.string(),
      path: z.string().openapi({ description: 'under DATA_DIR' }),
      reason: z.string().nullable(),
      ...{ from_ms: epochMs, to_ms: epochMs },
    }),
  ),
  stale_candles: z
    .number()
    .int()
    .openapi({ description: 'lag_candles above this is a problem (ALERT_STALE_CANDLES)' }),
  disks: z.array(z.object({ root: z.string(), free_bytes: z.number(), total_bytes: z.number() })),
});

const gapRows = z.object({
  data: z.array(
    z.object({
      series: z.string(),
      ...gap,
      foundAt: epochMs,
      attempts: z.number().int().openapi({ description: 'how often it was asked for since' }),
      answers: z.number().int().openapi({ description: 'of these, answered without a candle inside' }),
      lastTriedAt: epochMs.nullable(),
      nextRetryAt: epochMs.nullable().openapi({ description: 'null: not asked for any more' }),
      filledAt: epochMs.nullable(),
    }),
  ),
});

const correctionRows = z.object({
  data: z.array(
    z.object({
      fileId: z.string(),
      series: z.string(),
      openTimeMs: epochMs,
      change: z.enum(['rewritten', 'appeared', 'removed']),
      before: z
        .string()
        .nullable()
        .openapi({ description: 'open,high,low,close,volume as it was stored; null: it was not' }),
    }),
  ),
});

const countRows = z.object({ data: z.array(z.object({ atMs: epochMs, files: fileCounts })) });

const watermarkRows = z.object({
  data: z.array(
    z.object({
      ...{ name: z.string(), series: z.string(), value: epochMs, updated_at: epochMs },
      lag_candles: z.number().int().nullable(),
    }),
  ),
});

const scheduleRows = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      paused: z.boolean(),
      note: z.string().optional(),
      nextMs: epochMs.nullable(),
    }),
  ),
});

const workflowRows = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      runId: z.string(),
      type: z.string(),
      status: z.string(),
      routine: z.boolean().openapi({ description: 'ticks, ingests and housekeeping that did not end badly' }),
      startedAt: epochMs,
      ms: z.number().nullable().openapi({ description: 'how long it took; null while it runs' }),
      stage: z.string().nullable(),
      attempts: z.number().int().nullable().openapi({ description: 'the most that any of its steps needed' }),
      progress: z
        .array(
          z.object({
            what: z.string(),
            phase: z.string().nullable(),
            done: z.number().int().nullable(),
            of: z.number().int().nullable(),
          }),
        )
        .openapi({
          description:
            'trainings that run: series; phase; how much of it is done: fits (select), iterations of at most (fit, refit), candles (absorb); null where its length is unknown',
        }),
      url: z.string().nullable().openapi({ description: "in Temporal's Web UI" }),
    }),
  ),
});

const read = {
  method: 'get',
  role: 'reader',
  rate: 'read',
  timeoutMs: 10_000,
  refusals: ['StorageUnavailable'],
} as const;

/** Enough to see what is wrong; all of them are in the ledger. */
const shownQuarantined = 100;

/** Of each series, the newest; /ledger/gaps has more. */
const shownGaps = 20;

const instant = z.coerce.number().int().min(0).max(8.64e15);

const newestQuery = z.object({
  series: symbolName.optional().openapi({ description: 'of this series alone' }),
  from: instant.optional().openapi({ description: 'epoch ms: what reaches to this open time or later' }),
  to: instant.optional().openapi({ description: 'epoch ms: what begins at this open time or before' }),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

const mostHours = 30 * 24;

const historyQuery = z.object({ hours: z.coerce.number().int().min(1).max(mostHours).default(24) });

/** As many as a chart of a page's width shows. */
const historyPoints = 1_000;

const gapsQuery = newestQuery.extend({
  missing: flag(false).openapi({ description: 'leave out those that were filled since' }),
});

const quarantinedFile = (file: FileRow) => ({
  series: seriesKey(seriesOfFile(file)),
  path: file.path,
  reason: file.quarantineReason,
  from_ms: file.tStart,
  to_ms: file.tEnd,
});

/** What is stored: read straight from the ledger, in its own words. */
export const addLedgerRoutes = (add: AddEndpoint, { ledger, loop, settings }: RouteDeps): void => {
  /** Also of series that are not configured any more. */
  const wantedOf = ({ series: asked, from: fromMs, to: toMs, limit }: z.infer<typeof newestQuery>) => {
    const range = defined({ fromMs, toMs, limit });
    if (asked === undefined) return range;
    const keys = [...settings.series.map(seriesKey), ...ledger.watermarks().map(({ series }) => series)];
    return { series: parseSeries(demandSeries(keys, asked, settings.series)), ...range };
  };

  const gapsOf = (series: string, total: GapTotal | undefined) => ({
    gap_count: total?.gaps ?? 0,
    missing: total?.missing ?? 0,
    gaps: ledger
      .newestGaps({ series: parseSeries(series), areMissing: true, limit: shownGaps })
      .reverse()
      .map(({ fromMs, toMs, missing, state }) => ({ fromMs, toMs, missing, state })),
  });

  add(
    {
      ...read,
      path: '/ledger',
      answer: ledgerAnswer,
      summary: 'Files by status; bars, watermark and newest gaps of each series; quarantine; disks',
      example: examples.ledger,
    },
    () => {
      const { lags, disks } = loop.view();
      const lagOf = new Map(lags.map((one) => [one.series, one.lagCandles ?? null]));
      const totals = new Map(ledger.gapTotals().map((one) => [one.series, one]));
      return {
        files: ledger.fileCounts(),
        series: ledger.watermarks().map(({ series, value, updatedAt }) => ({
          series,
          bars: ledger.bars(parseSeries(series)),
          watermark: value,
          updated_at: updatedAt,
          lag_candles: lagOf.get(series) ?? null,
          ...gapsOf(series, totals.get(series)),
        })),
        stale_candles: settings.health.staleCandles,
        quarantined: ledger.files({ status: 'quarantined', limit: shownQuarantined }).map(quarantinedFile),
        disks: disks.map(({ root, freeBytes, totalBytes }) => ({
          root,
          free_bytes: freeBytes,
          total_bytes: totalBytes,
        })),
      };
    },
  );

  add(
    {
      ...read,
      path: '/ledger/gaps',
      answer: gapRows,
      summary:
        'Candles that the exchange did not have: state (open, outage, filled), attempts, next retry; newest first',
      query: gapsQuery,
      refusals: ['UnknownSymbol', 'StorageUnavailable'],
      example: examples.gaps,
    },
    ({ query }) => ({
      data: ledger.newestGaps({ ...wantedOf(query), ...(query.missing && { areMissing: true }) }),
    }),
  );

  add(
    {
      ...read,
      path: '/ledger/corrections',
      answer: correctionRows,
      summary: 'Candles that the exchange rewrote, removed or gave late, newest first, with the copy before',
      query: newestQuery,
      refusals: ['UnknownSymbol', 'StorageUnavailable'],
      example: examples.corrections,
    },
    ({ query }) => ({ data: ledger.corrections(wantedOf(query)) }),
  );

  add(
    {
      ...read,
      path: '/ledger/history',
      answer: countRows,
      summary:
        'Files by status at each change of the last hours, ascending; a long history is thinned out, claims stay seen',
      query: historyQuery,
      refusals: ['StorageUnavailable'],
      example: examples.history,
    },
    ({ query: { hours } }) => ({
      data: ledger.fileCountHistory({ sinceMs: Date.now() - hours * 3_600_000, points: historyPoints }),
    }),
  );

  const watermarks = {
    path: '/watermarks',
    answer: watermarkRows,
    summary: 'Open time of the next candle to ask for; lag_candles: closed ones that are not stored',
    example: examples.watermarks,
  };
  add({ ...read, ...watermarks }, () => {
    const lags = new Map(loop.view().lags.map(({ series, lagCandles }) => [series, lagCandles]));
    return {
      data: ledger.watermarks().map(({ series, value, updatedAt }) => ({
        name: `ingest:${series}`,
        series,
        value,
        updated_at: updatedAt,
        lag_candles: lags.get(series) ?? null,
      })),
    };
  });
};

/** What runs: asked of Temporal. */
export const addTemporalRoutes = (add: AddEndpoint, { training }: RouteDeps): void => {
  const asked = { ...read, refusals: [...ofTemporal] };
  const workflows = {
    path: '/workflows',
    answer: workflowRows,
    summary: 'Recent workflow runs',
    example: loopExamples.workflows,
  };
  add({ ...asked, ...workflows }, async () => ({ data: await training.workflows() }));
  const schedules = {
    path: '/schedules',
    answer: scheduleRows,
    summary: 'Schedules and their next runs',
    example: loopExamples.schedules,
  };
  add({ ...asked, ...schedules }, async () => ({ data: await training.schedules() }));
};
