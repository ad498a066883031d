import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config.ts';
import { type Controller, openController } from '../controller/open.ts';
import { refuseHalfRestored } from '../ledger/in-use.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { readVersion } from '../registry/store.ts';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';

/** The parameter store of these settings, for reading: SQLite's error where another process keeps it from being opened. */
export const openStoredController = ({ paths, domain, controller, training }: Config): Controller => {
  // Opening makes a store where there is none, which a restore that is completed later would set aside.
  refuseHalfRestored(paths.ledgerFile);
  return openController({
    path: paths.controllerFile,
    domain,
    schemas: loadStrategySchemas(paths.schemasDir),
    seed: training.seed,
    ...controller,
  });
};

/** Rows of files that were deleted long ago are folded; their ids stay in metadata.json. */
const foldedOf = (ledger: Ledger, files: number) =>
  files <= 0
    ? null
    : {
        files,
        ranges: ledger.fileRanges().map(({ series, fromMs, toMs, files: all, chain, compactedAt }) => ({
          ...{ series, files: all, chain },
          from: new Date(fromMs).toISOString(),
          to: new Date(toMs).toISOString(),
          compacted_at: new Date(compactedAt).toISOString(),
        })),
      };

/** What a model was trained on: its window and files with their hashes, as the ledger has them. */
const originOf = (ledger: Ledger, { modelsDir }: Config['paths'], versionId: string) => {
  const version = ledger.version(versionId);
  if (!version) return { version_id: versionId, known: false as const };
  const { claimId, modelHash, dataHash, metricName, metricValue, prunedAt } = version;
  const files = ledger
    .filesOfClaim(claimId)
    .map(({ path: file, sha256, bars, exchange, symbol, timeframe }) => ({
      series: `${exchange}:${symbol}:${timeframe}`,
      file,
      sha256,
      bars,
    }));
  const stored = prunedAt === null ? readVersion(modelsDir, versionId, modelHash) : undefined;
  const windows = Object.entries(stored?.model.series ?? {}).map(([key, { trainedRange }]) => ({
    series: key,
    from: new Date(trainedRange.fromMs).toISOString(),
    to: new Date(trainedRange.toMs).toISOString(),
  }));
  return {
    version_id: versionId,
    known: true as const,
    model_hash: modelHash,
    data_hash: dataHash,
    metric: { name: metricName, value: metricValue },
    pruned: prunedAt !== null,
    windows,
    files,
    folded: foldedOf(ledger, version.claimedFiles - files.length),
  };
};

/** A decision with everything that it came from. Throws ControllerError UnknownDecision. */
export const whyDecision = (config: Config, decisionId: string) => {
  const controller = openStoredController(config);
  try {
    const decision = controller.decision(decisionId);
    const version = decision.model_version;
    if (version === null || !existsSync(config.paths.ledgerFile)) return { decision, model: null };
    const ledger = openLedger({ path: config.paths.ledgerFile, domain: config.domain, readonly: true });
    try {
      return { decision, model: originOf(ledger, config.paths, version) };
    } finally {
      ledger.close();
    }
  } finally {
    controller.close();
  }
};

type Why = ReturnType<typeof whyDecision>;

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

const describeModel = (model: Why['model']): string[] => {
  if (model === null) return ['model      none: no champion gave this decision a regime'];
  if (!model.known) return [`model      ${model.version_id}, of which the ledger knows nothing`];
  return [
    `model      ${model.version_id}  ${model.metric.name} ${model.metric.value}${model.pruned ? '  (pruned)' : ''}`,
    `           model.json ${model.model_hash}`,
    `           data ${model.data_hash}`,
    ...model.windows.map(({ series, from, to }) => `window     ${series}  ${from} … ${to}`),
    ...(model.folded === null
      ? []
      : [
          `folded     ${model.folded.files} of its file rows (LEDGER_ROWS_DAYS); metadata.json has their ids`,
          ...model.folded.ranges.map(
            ({ series, from, to, files, compacted_at: at, chain }) =>
              `           ${series}  ${from} … ${to}, ${files} files, last folded ${at}, chain ${chain}`,
          ),
        ]),
    ...model.files.map(
      ({ file, sha256, bars }) => `file       ${path.basename(file)}  ${bars} candles  ${sha256}`,
    ),
  ];
};

/** For people. */
export const describeWhy = ({ decision, model }: Why): string =>
  [
    `decision   ${decision.decision_id}  ${decision.strategy} on ${decision.instrument}, ${new Date(decision.created_at).toISOString()}, ${decision.state}`,
    `served     ${decision.preset_id} (${percent(decision.propensity)})  because: ${decision.reason}`,
    `proposed   ${decision.proposed_preset_id}`,
    `trading    ${decision.trading_state}${decision.forced_by === null ? '' : `, forced by ${decision.forced_by}`}`,
    `params     ${JSON.stringify(decision.params)}`,
    `features   ${JSON.stringify(decision.features)}`,
    `missing    ${decision.features_missing.join(', ') || '–'}; ignored ${decision.features_ignored.join(', ') || '–'}`,
    ...Object.entries(decision.odds).map(
      ([preset, share]) =>
        `odds       ${preset.padEnd(20)} drawn ${percent(share).padStart(9)}, served ${percent(decision.propensities[preset] ?? 0).padStart(9)}`,
    ),
    `policy     ${decision.policy_version}, ε ${decision.epsilon}, seed ${decision.seed}, after ${decision.learned_count} learned outcomes`,
    ...decision.outcomes.map(
      ({ outcome_id, attribution, raw_reward, reward, learned }) =>
        `outcome    ${outcome_id ?? '(no id)'}  ${attribution}  ${raw_reward} = ${reward.toFixed(3)} deviations${learned ? '' : ', not learned'}`,
    ),
    ...describeModel(model),
  ].join('\n');
