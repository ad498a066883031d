import { type Ledger, type LedgerOptions, openLedger } from '../ledger/open.ts';
import type { NewKill, TrainingKill } from '../ledger/training-kills.ts';
import { projectChampion } from '../registry/current.ts';
import { readVersion } from '../registry/store.ts';

/** The kill switch of the training loop. It needs neither Temporal nor a worker: those may be what has gone wrong. */
export interface TrainingSwitch {
  kill(request: NewKill): TrainingKill;
  resume(request: { readonly actor: string; readonly reason: string }): TrainingKill;
}

export interface SwitchPlace {
  readonly ledger: Pick<LedgerOptions, 'path' | 'domain'>;
  readonly modelsDir: string;
}

/** What serves holds the ledger read only; the switch opens it for the one transaction. */
const withLedger = <T>(options: LedgerOptions, work: (ledger: Ledger) => T): T => {
  const ledger = openLedger(options);
  try {
    return work(ledger);
  } finally {
    ledger.close();
  }
};

export const createTrainingSwitch = ({ ledger: options, modelsDir }: SwitchPlace): TrainingSwitch => ({
  kill: (request) =>
    withLedger(options, (ledger) => {
      const { pinnedVersionId: pin } = request;
      // A pin that cannot be served must not take the champion's place.
      if (pin !== undefined) readVersion(modelsDir, pin, ledger.version(pin)?.modelHash);
      const row = ledger.killTraining(request);
      projectChampion({ ledger, modelsDir });
      return row;
    }),
  resume: (request) => withLedger(options, (ledger) => ledger.resumeTraining(request)),
});
