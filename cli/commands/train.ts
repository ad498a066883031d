import type { StartedAnswer, TrainAnswer, WorkflowSummary } from '../../api/training.ts';
import { type AddCommand, type Cli, type Said, UsageError } from '../cli.ts';
import { followed } from '../follow.ts';
import { answersFrom } from '../gateway.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { pairs } from '../table.ts';
import { figure } from '../text.ts';

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

/** How much of a training is left nobody knows, so there is no bar: the stages are told as the run reaches them. */
const tellStages = (cli: Cli, gateway: GatewayClient): (() => Promise<void>) => {
  let told: string | null = null;
  return async () => {
    if (cli.common().json) return;
    const { data } = await gateway.get<{ data: WorkflowSummary[] }>('/workflows');
    const stage = data.find(({ type, status }) => type === 'retrain' && status === 'RUNNING')?.stage ?? null;
    if (stage !== null && stage !== told) cli.say(`retrain: ${stage}`);
    told = stage;
  };
};

const train = async (cli: Cli, gateway: GatewayClient, given: Given): Promise<Said> => {
  const body = bodyOf(given);
  if (given.wait) {
    const ask = () => gateway.post<TrainAnswer>('/train', body);
    const value = await followed(ask, tellStages(cli, gateway), pollMs);
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
