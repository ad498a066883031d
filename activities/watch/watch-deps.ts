import type { Sender } from '../../alerts/message.ts';
import type { Webhook } from '../../alerts/webhook.ts';
import type { Folder } from '../../health/folders.ts';
import type { HealthLimits } from '../../health/limits.ts';
import type { FailedRetrains } from '../../health/loop-view.ts';
import type { Ledger } from '../../ledger/open.ts';
import type { Series } from '../../series.ts';
import type { PromotionRecord, PromotionRequest } from '../../workflows/types.ts';

export interface WatchDeps {
  readonly ledger: Ledger;
  readonly series: readonly Series[];
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly watch: {
    /** What is written to, whose disks may fill up. */
    readonly folders: readonly Folder[];
    readonly limits: HealthLimits;
    /** The exchange replays history. */
    readonly isReplay: boolean;
    /** A problem is over when it was not seen for so long. */
    readonly settleMs: number;
    readonly rollbackDrop: number;
    readonly killDrop: number;
    /** A rollback that is not answered within this does not hold up the kill switch. */
    readonly decideMs: number;
    readonly webhook: Webhook | undefined;
    readonly sender: Sender;
  };
  readonly options: {
    readonly gate: { readonly minCandles: number; readonly alpha: number };
  };
  /** Asked of Temporal; the worker wires it to a client. */
  readonly ask: {
    decide(request: PromotionRequest): Promise<PromotionRecord>;
    failedRetrains(): Promise<FailedRetrains | undefined>;
    /** Pauses the retrain schedule with this note, or takes our own pause back (undefined). */
    holdRetrain(note: string | undefined): Promise<void>;
  };
}
