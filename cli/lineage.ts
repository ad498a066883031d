/**
 * `npm run lineage -- list|new|rewind`: the explicit acts on strict mode's lineages. `--json`: one object on stdout.
 * Exit code 1 when it is refused, 2 on wrong use.
 */
import { userInfo } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';
import { whileHeld } from '../ledger/in-use.ts';
import type { LineageRow } from '../ledger/lineage-rows.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { beginLineage } from '../ledger/take-back.ts';
import { branchPoint } from '../registry/branch-point.ts';
import { parseSeries, seriesKey } from '../series.ts';
import { type Said, UsageError } from './cli.ts';
import { ledgerOf } from './find-config.ts';

const usage = `usage: npm run lineage -- list [--series S] [--json]
       npm run lineage -- new --series S --reason R [--json]
       npm run lineage -- rewind --series S --to VERSION [--reason R] [--json]
S is a series such as binance:BTC/USDT:1h`;

const commands = ['list', 'new', 'rewind'] as const;

interface Arguments {
  readonly command: (typeof commands)[number];
  readonly series?: string | undefined;
  readonly reason?: string | undefined;
  readonly to?: string | undefined;
}

const readArguments = (argv: readonly string[]) => {
  const text = { type: 'string' } as const;
  const options = {
    series: text,
    reason: text,
    to: text,
    json: { type: 'boolean', default: false },
  } as const;
  try {
    const { positionals, values } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const command = commands.find((name) => name === positionals[0]);
    if (!command || positionals.length > 1) throw new UsageError(`name one of ${commands.join(', ')}`);
    return { command, ...values };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

interface Place {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly actor: string;
}

const required = (value: string | undefined, name: string): string => {
  if (value !== undefined && value.trim() !== '') return value;
  throw new UsageError(`--${name} is needed`);
};

const seriesOf = ({ series }: Arguments) => {
  try {
    return parseSeries(required(series, 'series'));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

/** The newest lineage of a series is the one that learns. */
const list = ({ ledger }: Place, { series }: Arguments) => {
  const rows = ledger.lineages().filter((row) => series === undefined || row.series === series);
  const active = new Map(rows.map((row) => [row.series, row.lineage]));
  return {
    ok: true,
    lineages: rows.map((row) => ({ ...row, active: active.get(row.series) === row.lineage })),
  };
};

const begin = (
  place: Place,
  given: Arguments,
  reason: string,
  from: Partial<ReturnType<typeof branchPoint>>,
) => {
  const { config, ledger, actor } = place;
  const { dataDir, landingDir } = config.paths;
  const landing = path.relative(dataDir, landingDir);
  const series = seriesOf(given);
  return { ok: true, ...beginLineage({ ...{ ledger, dataDir, landing, series, actor, reason }, ...from }) };
};

const rewind = (place: Place, given: Arguments) => {
  const versionId = required(given.to, 'to');
  const { config, ledger } = place;
  const request = {
    ledger,
    modelsDir: config.paths.modelsDir,
    versionId,
    series: seriesKey(seriesOf(given)),
  };
  return begin(place, given, given.reason ?? `rewound to ${versionId}`, branchPoint(request));
};

const run = (place: Place, given: Arguments) => {
  if (given.command === 'list') return list(place, given);
  if (given.command === 'rewind') return rewind(place, given);
  return begin(place, given, required(given.reason, 'reason'), {});
};

const describeRow = (row: LineageRow & { active?: boolean }): string =>
  `${row.active ? '*' : ' '} ${row.lineage}  states ${row.nStates ?? '-'}  head ${row.headVersionId ?? 'waits for its genesis'}` +
  (row.branchOf === null ? '' : `  branch of ${row.branchOf}`);

const describe = (result: ReturnType<typeof run>): string => {
  if ('lineages' in result) return result.lineages.map(describeRow).join('\n') || 'no lineage yet';
  const { lineage, candles, requeuedFiles, restoredFiles } = result;
  const files = `${requeuedFiles} files on disk, ${restoredFiles} made from the archive`;
  return `${describeRow(lineage)}\n${candles} candles wait to be trained on: ${files}`;
};

const act = (config: Config, given: Arguments): Said => {
  const ledger = openLedger({ path: config.paths.ledgerFile, domain: config.domain, older: config });
  try {
    const value = run({ config, ledger, actor: `cli:${userInfo().username}` }, given);
    return { value, text: describe(value) };
  } finally {
    ledger.close();
  }
};

/** What `autotrain lineage` and `npm run lineage` say. */
export const actOnLineages = (env: NodeJS.ProcessEnv, given: Arguments): Said => {
  const config = ledgerOf(env);
  return whileHeld(config.paths.ledgerFile, () => act(config, given));
};

/** The answer and the exit code. */
export const lineageCommand = (
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): { readonly code: number; readonly text: string } => {
  const json = argv.includes('--json');
  const refused = (code: number, message: string) => ({
    code,
    text: json ? JSON.stringify({ ok: false, reason: message }) : message,
  });
  try {
    const { value, text } = actOnLineages(env, readArguments(argv));
    return { code: 0, text: json ? JSON.stringify(value) : text };
  } catch (error) {
    if (error instanceof UsageError) return refused(2, `${error.message}\n${usage}`);
    return refused(1, (error as Error).message);
  }
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { code, text } = lineageCommand(process.argv.slice(2), process.env);
  const json = process.argv.includes('--json');
  (code === 0 || json ? process.stdout : process.stderr).write(`${text}\n`);
  process.exitCode = code;
}
