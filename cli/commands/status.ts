import type { Operations } from '../../client/schema.ts';
import { newsFirst } from '../../temporal/run-news.ts';
import { type AddCommand, type Said } from '../cli.ts';
import { answersFrom } from '../gateway.ts';
import { type GatewayClient, GatewayRefusal } from '../gateway-client.ts';
import { describeStatus } from '../status-text.ts';

type Answer<Path extends keyof Operations> = Operations[Path]['answer'];
type Model = Answer<'GET /model'>;
type Run = Answer<'GET /workflows'>['data'][number];

/** What the routes answer, as far as a glance needs it. */
export interface Status extends Pick<Model, 'active_version' | 'metrics' | 'champion'> {
  readonly url: string;
  readonly health: Answer<'GET /health'>;
  readonly watermarks: Answer<'GET /watermarks'>['data'];
  readonly files: Answer<'GET /ledger'>['files'];
  readonly quarantined: number;
  readonly versions: number;
  readonly trading: Answer<'GET /guardrails'>['trading_states'];
  readonly locks: number;
  /** Null where Temporal does not answer; `runs_problem` says why. */
  readonly runs: readonly Run[] | null;
  readonly runs_problem: string | null;
}

/** As many as fit below the rest. */
const lastRuns = 8;

const runsOf = async (gateway: GatewayClient): Promise<Pick<Status, 'runs' | 'runs_problem'>> => {
  try {
    const { data } = await gateway.get<Answer<'GET /workflows'>>('/workflows');
    return { runs: newsFirst(data).slice(0, lastRuns), runs_problem: null };
  } catch (error) {
    // The rest of the status does not need Temporal, and who looks wants to see that it is away.
    if (error instanceof GatewayRefusal && error.status >= 500)
      return { runs: null, runs_problem: error.detail };
    throw error;
  }
};

const statusOf = async (gateway: GatewayClient): Promise<Status> => {
  const health = await gateway.get<Answer<'GET /health'>>('/health');
  const [watermarks, ledger, model, guardrails, runs] = await Promise.all([
    gateway.get<Answer<'GET /watermarks'>>('/watermarks'),
    gateway.get<Answer<'GET /ledger'>>('/ledger'),
    gateway.get<Model>('/model'),
    gateway.get<Answer<'GET /guardrails'>>('/guardrails'),
    runsOf(gateway),
  ]);
  return {
    ...{ url: gateway.url, health, watermarks: watermarks.data, files: ledger.files },
    quarantined: ledger.quarantined.length,
    ...{ champion: model.champion, active_version: model.active_version, metrics: model.metrics },
    versions: model.registry_size,
    ...{ trading: guardrails.trading_states, locks: guardrails.locks.length },
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
