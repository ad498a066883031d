import type { Problem, TrainingState } from '../../api/loop-state.ts';
import type { WorkflowSummary } from '../../api/training.ts';
import { type AddCommand, type Said } from '../cli.ts';
import { answersFrom } from '../gateway.ts';
import { type GatewayClient, GatewayRefusal } from '../gateway-client.ts';
import { describeStatus } from '../status-text.ts';

/** What the routes answer, as far as a glance needs it. */
export interface Status {
  readonly url: string;
  readonly health: {
    readonly model: { readonly version_id: string | null; readonly problem: string | null };
    readonly training: TrainingState | null;
    readonly problems: readonly Problem[];
    readonly strategy_schemas: { readonly problem: string | null };
  };
  readonly watermarks: readonly {
    readonly series: string;
    readonly value: number;
    readonly updated_at: number;
    readonly lag_candles: number | null;
  }[];
  readonly files: Readonly<Record<string, number>>;
  readonly quarantined: number;
  readonly champion: { readonly promotedAt?: number; readonly at?: number } | null;
  readonly active_version: string | null;
  readonly versions: number;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly trading: readonly { readonly target: string; readonly state: string; readonly reason?: string }[];
  readonly locks: number;
  /** Null where Temporal does not answer; `runs_problem` says why. */
  readonly runs: readonly WorkflowSummary[] | null;
  readonly runs_problem: string | null;
}

interface Model {
  readonly active_version: string | null;
  readonly registry_size: number;
  readonly metrics: Status['metrics'];
  readonly champion: Status['champion'];
}

interface Guardrails {
  readonly trading_states?: Status['trading'];
  readonly locks?: readonly unknown[];
}

/** Runs of people's interest: ticks only start them. */
const lastRuns = 8;

const runsOf = async (gateway: GatewayClient): Promise<Pick<Status, 'runs' | 'runs_problem'>> => {
  try {
    const { data } = await gateway.get<{ data: WorkflowSummary[] }>('/workflows');
    return { runs: data.filter(({ type }) => type !== 'tick').slice(0, lastRuns), runs_problem: null };
  } catch (error) {
    // The rest of the status does not need Temporal, and who looks wants to see that it is away.
    if (error instanceof GatewayRefusal && error.status >= 500)
      return { runs: null, runs_problem: error.detail };
    throw error;
  }
};

const statusOf = async (gateway: GatewayClient): Promise<Status> => {
  const health = await gateway.get<Status['health']>('/health');
  const [watermarks, ledger, model, guardrails, runs] = await Promise.all([
    gateway.get<{ data: Status['watermarks'] }>('/watermarks'),
    gateway.get<{ files: Status['files']; quarantined: unknown[] }>('/ledger'),
    gateway.get<Model>('/model'),
    gateway.get<Guardrails>('/guardrails'),
    runsOf(gateway),
  ]);
  return {
    ...{ url: gateway.url, health, watermarks: watermarks.data, files: ledger.files },
    quarantined: ledger.quarantined.length,
    ...{ champion: model.champion, active_version: model.active_version, metrics: model.metrics },
    versions: model.registry_size,
    ...{ trading: guardrails.trading_states ?? [], locks: guardrails.locks?.length ?? 0 },
    ...runs,
  };
};

export const addStatus: AddCommand = (parent, cli) => {
  parent
    .command('status')
    .description('the loop at a glance: problems, candles, model, runs, kill switches')
    .action(
      answersFrom(cli, async (gateway: GatewayClient): Promise<Said> => {
        const value = await statusOf(gateway);
        return { value, text: describeStatus(value, Date.now()) };
      }),
    );
};
