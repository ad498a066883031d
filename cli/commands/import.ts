import { timeUnits } from '../../ledger/import/times.ts';
import { type AddCommand, answersHere } from '../cli.ts';
import { type ImportArguments, importCandles } from '../import.ts';
import { withBar } from '../progress.ts';

export const addImport: AddCommand = (parent, cli) => {
  parent
    .command('import')
    .argument('<file_or_dir>', 'a .csv, .tsv or .txt file, plain or .gz, or a folder of them')
    .description('candles from outside: what is certain is stored, the rest refused by line')
    .requiredOption('--series <series>', 'such as binance:BTC/USDT:1h')
    .option('--unit <unit>', `of the times, where they do not say it: ${timeUnits.join(', ')}`)
    .option('--as-of <time>', 'when the file was fetched: epoch ms, or a time with its zone')
    .option('--strict', 'all rows of a file or none')
    .option('--over-gap', 'also across candles that nobody gave')
    .option('--dry-run', 'write nothing')
    .action(
      answersHere(cli, (from: string, given: ImportArguments) => {
        const bar = cli.progress('importing', 'lines');
        return withBar(bar, () => importCandles(cli.env, from, given, bar));
      }),
    );
};
