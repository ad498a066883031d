import { describeTrading } from '../controller/guardrails/standing.ts';
import type { NewAlert } from '../ledger/alerts.ts';
import { type LedgerOptions, openLedger } from '../ledger/open.ts';
import type { ControllerPort, Logger } from './ports.ts';

export interface TradingWatch {
  readonly controller: Pick<ControllerPort, 'standing'>;
  /** Where the outbox is; what serves holds it read only, so it is opened for the one transaction. */
  readonly ledger: Pick<LedgerOptions, 'path' | 'domain'>;
  readonly everyMs: number;
  readonly log: Logger;
}

/** Trading is killed in the parameter store, whose writers know of no outbox. */
const haltsOf = async ({ controller }: TradingWatch): Promise<NewAlert[]> =>
  (await controller.standing()).trading_states.map((row) => {
    const { target, state, reason, actor, since } = row;
    const detail = { target, state, reason, actor, since_ms: since };
    return { kind: 'trading_killed', subject: target, message: describeTrading(row), detail };
  });

const tell = (options: TradingWatch['ledger'], found: readonly NewAlert[]): void => {
  const ledger = openLedger(options);
  try {
    ledger.observeConditions({ kinds: ['trading_killed'], found, settleMs: 0 });
  } finally {
    ledger.close();
  }
};

/** Writes what holds trading, by hand or by a protection, into the outbox, and when it is over. */
export const watchTrading = (deps: TradingWatch): { stop(): void } => {
  let told: string | undefined;
  let busy = false;
  const look = async (): Promise<void> => {
    const found = await haltsOf(deps);
    const text = JSON.stringify(found);
    if (text === told) return;
    tell(deps.ledger, found);
    told = text;
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    look()
      .catch((error: unknown) => deps.log.warn({ err: error }, 'what holds trading cannot be told'))
      .finally(() => {
        busy = false;
      });
  }, deps.everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
};
