import type { Command } from 'commander';

/** A strategy on an instrument. */
export interface Scope {
  readonly strategy: string;
  readonly instrument: string;
}

export const addScope = (command: Command): Command =>
  command
    .requiredOption('--strategy <name>', 'a strategy, such as momentum_breakout')
    .requiredOption('--instrument <name>', 'an instrument, such as BTCUSDT');

/** For a path: `BTC/USDT` is one segment of it. */
export const scopePath = ({ strategy, instrument }: Scope): string =>
  `${encodeURIComponent(strategy)}/${encodeURIComponent(instrument)}`;
