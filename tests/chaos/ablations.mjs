// Rules taken away, to see that the checker notices. Nothing of the product knows of these: the ledger that the worker
// opened is wrapped, and the wrapper does without the rule.
import { Sqlite } from '../../dist/sqlite.js';

/** The janitor looks, and gives nothing back. */
const sweep = (ledger) => ({
  ...ledger,
  sweepExpiredClaims: () => ({ requeued: 0, quarantined: 0, claims: [] }),
});

/** The watermark moves in a transaction of its own, before the one that registers the file. */
const split = (ledger, config, crash) => {
  const db = new Sqlite(config.paths.ledgerFile, { timeout: 10_000 });
  const move = db.prepare('update watermarks set value = ? where name = ?');
  return {
    ...ledger,
    registerFile: (registration) => {
      const { file, nextWatermark } = registration;
      move.run(nextWatermark, `ingest:${file.exchange}:${file.symbol}:${file.timeframe}`);
      crash('split');
      return ledger.registerFile({ ...registration, expectedWatermark: nextWatermark });
    },
  };
};

/** Whoever promoted points the link at what it promoted, whatever was promoted since. */
const fence = (ledger) => {
  let mine;
  return {
    ...ledger,
    promote: (request) => {
      mine = ledger.promote(request);
      return mine;
    },
    projectChampion: (point) => ledger.projectChampion((champion) => point(mine ?? champion)),
  };
};

const ablations = { sweep, split, fence };

/** @param {keyof typeof ablations} name */
export const through = (name, config, crash) => (ledger) => ablations[name](ledger, config, crash);
