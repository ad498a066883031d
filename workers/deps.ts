import type { Client } from '@temporalio/client';
import type { TrainRoleDeps } from '../activities/index.ts';
import type { IngestDeps } from '../activities/ingest.ts';
import type { PooledTrainer } from '../activities/pooled/train-pooled.ts';
import type { StrictPoolTrainer } from '../activities/pooled/train-strict-pool.ts';
import type { StrictTrainer } from '../activities/strict/train-strict.ts';
import type { Trainer } from '../activities/train-deps.ts';
import { watchedExchange } from '../activities/watched-exchange.ts';
import { type Config, senderOf } from '../config.ts';
import { createCcxtExchange } from '../exchange/ccxt.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { foldersOf } from '../health/folders.ts';
import type { CrashPoint } from '../ledger/crash-points.ts';
import type { Ledger } from '../ledger/open.ts';
import { failedRetrains } from '../temporal/failed-retrains.ts';
import { orRefusal } from '../temporal/failure-of.ts';
import { askApproval, askDecision } from '../temporal/promotion-requests.ts';
import { holdRetrain } from '../temporal/retrain-hold.ts';
import { snapshotInThread } from './snapshots.ts';

const dayMs = 86_400_000;

/** Two answers of one moment may come from the same broken replica. */
const secondLookMs = 60_000;

/** How often a file may fail before it is put aside. */
const maxAttempts = 5;

export const connectExchange = ({ exchange }: Config): Promise<Exchange> =>
  createCcxtExchange({
    id: exchange.id,
    ...(exchange.url === undefined ? {} : { baseUrl: exchange.url }),
    ...(exchange.proxyUrl === undefined ? {} : { proxyUrl: exchange.proxyUrl }),
    ...(exchange.apiKey === undefined ? {} : { apiKey: exchange.apiKey }),
    ...(exchange.apiSecret === undefined ? {} : { secret: exchange.apiSecret }),
  });

export const ingestDeps = (
  config: Config,
  ledger: Ledger,
  exchange: Exchange,
  crash?: CrashPoint,
): IngestDeps => ({
  exchange: watchedExchange(exchange, ledger),
  ledger,
  dataDir: config.paths.dataDir,
  landingDir: config.paths.landingDir,
  batchLimit: config.exchange.batchLimit,
  startMs: async () => config.exchange.startMs ?? (await exchange.timeMs()) - config.training.windowMs,
  endMs: config.exchange.endMs,
  sleepMs: config.exchange.sleepMs,
  refetchCandles: config.exchange.refetchCandles,
  archiveMs: config.archive.days * dayMs,
  secondLookMs,
  ...(crash ? { crash } : {}),
});

export interface TrainParts {
  readonly ledger: Ledger;
  readonly client: Client;
  readonly trainer: Trainer & PooledTrainer & StrictTrainer & StrictPoolTrainer;
  readonly codeVersion: string;
  /** Tests run from source, where a thread needs a loader. */
  readonly snapshotThread?: URL;
  readonly crash?: CrashPoint;
}

export const trainDeps = (config: Config, parts: TrainParts): TrainRoleDeps => ({
  ledger: parts.ledger,
  trainer: parts.trainer,
  series: config.series,
  scope: config.training.scope,
  dataDir: config.paths.dataDir,
  landingDir: config.paths.landingDir,
  auditKeepMs: config.audit.keepDays * 86_400_000,
  modelsDir: config.paths.modelsDir,
  modelArchiveDir: config.registry.archiveDir,
  archiveDays: config.archive.days,
  deleteAfterProcess: config.archive.deleteAfterProcess,
  keepModels: config.registry.keep,
  ledgerRowsMs: config.ledgerRowsMs,
  leaseMs: config.training.leaseMs,
  maxAttempts,
  windowMs: config.training.windowMs,
  seed: config.training.seed,
  codeVersion: parts.codeVersion,
  autoPromote: config.promotion.auto,
  cooldownMs: config.rollback.cooldownMs,
  watch: watchOf(config),
  options: { ...config.training, gate: config.promotion },
  ask: {
    decide: (request) => askDecision(parts.client, request).catch(orRefusal),
    propose: (proposal) => askApproval(parts.client, proposal),
    failedRetrains: () => failedRetrains(parts.client),
    holdRetrain: (note) => holdRetrain(parts.client, note),
  },
  snapshot: snapshotInThread(config, parts.snapshotThread),
  ...(parts.crash ? { crash: parts.crash } : {}),
});

/** Two ticks of the watch: a problem that flickers from one to the next is one problem. */
const settleMs = 2 * 60_000;

/** Well within an attempt of the watch (workflows/proxies.ts). */
const decideMs = 30_000;

const watchOf = (config: Config): TrainRoleDeps['watch'] => ({
  ...{ limits: config.health, webhook: config.webhook, settleMs, decideMs },
  isReplay: config.simulator.replayDir !== undefined,
  rollbackDrop: config.rollback.maxDrop,
  killDrop: config.trainingKill.maxDrop,
  folders: foldersOf(config),
  sender: senderOf(config),
});
