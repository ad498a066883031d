import { type Reproduction, reproduce } from '../activities/reproduce/reproduce.ts';
import { codeVersion } from '../code-version.ts';
import type { Config } from '../config.ts';
import { openLedger } from '../ledger/open.ts';
import type { Bar } from './progress.ts';

export const reproduceVersion = (
  { paths, domain, registry }: Config,
  versionId: string,
  bar: Bar,
): Reproduction => {
  const ledger = openLedger({ path: paths.ledgerFile, domain, readonly: true });
  try {
    const { dataDir, modelsDir } = paths;
    const places = {
      ledger,
      dataDir,
      modelsDir,
      archiveDir: registry.archiveDir,
      codeVersion: codeVersion(),
    };
    bar.at(0, 1);
    return reproduce(places, versionId, (done, total) => bar.at(done, total));
  } finally {
    ledger.close();
  }
};

/** For people. */
export const describeReproduction = (done: Reproduction): string =>
  [
    `${done.reproduced ? 'reproduced' : 'NOT reproduced'}  ${done.version_id}: ${done.reason}`,
    `stored     ${done.model_hash.stored}`,
    `trained    ${done.model_hash.trained ?? 'not'}`,
    ...done.series.map(
      ({ series, mode, candles, decision }) =>
        `series     ${series}  ${mode}, ${candles} candles${decision === null ? '' : `, ${decision}`}`,
    ),
    ...done.gone.map((what) => `gone       ${what}`),
    ...done.changed.map((what) => `changed    ${what}`),
    ...(done.code_version.before === done.code_version.now &&
    done.node_version.before === done.node_version.now
      ? []
      : [
          `code       ${done.code_version.before} on Node ${done.node_version.before} then, ${done.code_version.now} on ${done.node_version.now} now`,
        ]),
  ].join('\n');
