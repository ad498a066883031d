import { type AddCommand, type Said } from '../cli.ts';
import { answersFrom } from '../gateway.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { table } from '../table.ts';
import { moment, percent } from '../text.ts';

interface Prediction {
  readonly regime: string;
  readonly confidence: number;
  readonly regime_proba: Readonly<Record<string, number>>;
  readonly forecast: Readonly<Record<string, number>>;
  readonly model_meta: { readonly version_id: string; readonly series: string; readonly as_of_ms?: number };
}

const describe = (found: Prediction): string => {
  const { regime, regime_proba: now, forecast, model_meta: meta } = found;
  const asOf = moment(meta.as_of_ms);
  return [
    `${meta.series}${asOf === null ? '' : ` at ${asOf} UTC`}: ${regime}  (${meta.version_id})`,
    table(
      ['regime', 'now', 'next candle'],
      Object.entries(now).map(([name, share]) => [name, percent(share), percent(forecast[name] ?? 0)]),
    ),
  ].join('\n');
};

const predict = async (gateway: GatewayClient, symbol: string): Promise<Said> => {
  const value = await gateway.post<Prediction>('/predict', { symbol });
  return { value, text: describe(value) };
};

export const addPredict: AddCommand = (parent, cli) => {
  parent
    .command('predict')
    .argument('<symbol>', 'such as BTC/USDT')
    .description('the regime of the newest stored candles')
    .action(answersFrom(cli, predict));
};
