import type { StartedAnswer, TrainAnswer, WorkflowSummary } from '../../api/training.ts';
import { type AddCommand, type Cli, type Said, UsageError } from '../cli.ts';
import { followed } from '../follow.ts';
import { answersFrom } from '../gateway.ts';
import { type GatewayClient, patience } from '../gateway-client.ts';
import { pairs } from '../table.ts';
import { figure } from '../text.ts';
import { createTrainingBar, shownOf } from '../training-bar.ts';

interface Given {
  readonly nStates?: string;
  readonly tag?: string;
  /** Absent: as AUTO_PROMOTE says. */
  readonly promote?: boolean;
  readonly wait: boolean;
}

const statesOf = (text: string | undefined): { n_states?: number } => {
  if (text === undefined) return {};
  const states = Number(text);
  if (Number.isInteger(states) && states >= 2 && states <= 12) return { n_states: states };
  throw new UsageError(`--n-states is a whole number from 2 to 12, not ${text}`);
};

const bodyOf = ({ nStates, tag, promote }: Given) => ({
  ...statesOf(nStates),
  ...(tag === undefined ? {} : { tag }),
  ...(promote === undefined ? {} : { promote }),
});

const describe = (answer: TrainAnswer): string =>
  pairs([
    ['version', answer.version_id],
    [answer.metric_name, figure(answer.metric_value)],
    ['promoted', answer.promoted ? 'yes' : 'no'],
    ['because', answer.message],
    ['files', answer.metadata.claimed_files],
    ['workflow', answer.workflow_id],
  ]);

const pollMs = 1_000;

/** A line for each stage that the run reaches, and below it how far the stage is. */
const createFollower = (cli: Cli, gateway: GatewayClient) => {
  const bar = createTrainingBar(cli.progress);
  let told: string | null = null;
  const tell = (stage: string): void => {
    if (stage === told) return;
    bar.end();
    cli.say(`retrain: ${stage}`);
    told = stage;
  };
  const look = async (ended: AbortSignal): Promise<void> => {
    if (cli.common().json) return;
    const { data } = await gateway.get<{ data: WorkflowSummary[] }>('/workflows', { ended });
    const run = data.find(({ type, status }) => type === 'retrain' && status === 'RUNNING');
    if (!run?.stage) return;
    tell(run.stage);
    bar.show(shownOf(run.progress) ?? { label: run.stage, unit: '' });
  };
  return { look, end: bar.end };
};

const train = async (cli: Cli, gateway: GatewayClient, given: Given): Promise<Said> => {
  const body = bodyOf(given);
  if (given.wait) {
    const ask = () => gateway.post<TrainAnswer>('/train', body, { patienceMs: patience.workMs });
    const { look, end } = createFollower(cli, gateway);
    const value = await followed(ask, look, pollMs).finally(end);
    return { value, text: describe(value) };
  }
  const value = await gateway.post<StartedAnswer>('/train?wait=false', body);
  return { value, text: `started  ${value.workflow_id}` };
};

export const addTrain: AddCommand = (parent, cli) => {
  parent
    .command('train')
    .description('retrain now, or join the retrain that runs')
    .option('--n-states <n>', 'states of the model, 2 to 12; HMM_STATES where it is not given')
    .option('--tag <name>', 'a name for the version')
    .option('--promote', 'promote what passes its gate, whatever AUTO_PROMOTE says')
    .option('--no-promote', 'leave the champion, whatever AUTO_PROMOTE says')
    .option('--no-wait', 'start it and go on')
    .action(answersFrom(cli, (gateway, given: Given) => train(cli, gateway, given)));
};
