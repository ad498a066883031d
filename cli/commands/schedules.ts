import type { Command } from 'commander';
import { openLedger } from '../../ledger/open.ts';
import { goneSeries, scheduleSettingsOf } from '../../temporal/schedule-settings.ts';
import { applySchedules } from '../../temporal/schedules.ts';
import { type AddCommand, answersHere, type Cli, type Said } from '../cli.ts';
import { ledgerOf } from '../find-config.ts';
import { answersFrom } from '../gateway.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { pairs, table } from '../table.ts';
import { connectTemporal } from '../temporal.ts';
import { duration, moment } from '../text.ts';

interface Row {
  readonly id: string;
  readonly paused: boolean;
  readonly note?: string;
  readonly nextMs: number | null;
}

const nextOf = ({ paused, nextMs }: Row, nowMs: number): string | null => {
  if (paused || nextMs === null) return null;
  return `${moment(nextMs)} (in ${duration(Math.max(0, nextMs - nowMs))})`;
};

const describe = (rows: readonly Row[], nowMs: number): string =>
  table(
    ['schedule', 'state', 'next (UTC)', 'note'],
    rows.map((row) => [row.id, row.paused ? 'paused' : 'runs', nextOf(row, nowMs), row.note ?? '']),
    'no schedule yet: a worker makes them when it starts, `autotrain schedules apply` as well',
  );

const list = async (gateway: GatewayClient): Promise<Said> => {
  const value = await gateway.get<{ data: Row[] }>('/schedules');
  return { value, text: describe(value.data, Date.now()) };
};

/** What the settings want, by Temporal itself: no gateway needs to be there. */
const apply = async (cli: Cli): Promise<Said> => {
  const config = ledgerOf(cli.env);
  const ledger = openLedger({ path: config.paths.ledgerFile, domain: config.domain });
  try {
    const client = await connectTemporal(config);
    try {
      const settings = scheduleSettingsOf(config);
      const schedules = await applySchedules(client, ledger, {
        ...settings,
        gone: goneSeries(ledger, settings),
      });
      return { value: { schedules }, text: pairs(Object.entries(schedules)) };
    } finally {
      await client.connection.close();
    }
  } finally {
    ledger.close();
  }
};

/** As `schedules list` shows it, or without what each of them begins with. */
const idOf = (name: string): string => (name.startsWith('schedule-') ? name : `schedule-${name}`);

const acts = {
  pause: ['pause', 'paused', 'let a schedule start nothing until it is resumed'],
  resume: ['unpause', 'resumed', 'let a paused schedule go on'],
  trigger: ['trigger', 'started', 'run it now, unless it runs already'],
} as const;

const addAct = (group: Command, cli: Cli, name: keyof typeof acts): void => {
  const [action, done, description] = acts[name];
  group
    .command(name)
    .argument('<id>', 'as `autotrain schedules list` shows it, such as schedule-retrain:regimes')
    .description(description)
    .option('--reason <text>', 'why; kept in its note', 'asked for by autotrain')
    .action(
      answersFrom(cli, async (gateway: GatewayClient, id: string, { reason }: { reason: string }) => {
        const path = `/schedules/${encodeURIComponent(idOf(id))}/${action}`;
        const value = await gateway.post<object>(path, { reason });
        return { value, text: `${done}  ${idOf(id)}` };
      }),
    );
};

export const addSchedules: AddCommand = (parent, cli) => {
  const group = parent.command('schedules').description('what runs by itself');
  group.command('list').description('the schedules and when they run next').action(answersFrom(cli, list));
  group
    .command('apply')
    .description('bring them in line with the settings of this machine')
    .action(answersHere(cli, () => apply(cli)));
  for (const name of ['pause', 'resume', 'trigger'] as const) addAct(group, cli, name);
};
