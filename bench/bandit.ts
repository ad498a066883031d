/**
 * `npm run bench:bandit -- [--json] [--quick]`: GET /param of the gateway against a FastAPI service that rebuilds its
 * posteriors for each request, and against a bare Hono route, interleaved in one run; every request is a new, durable
 * decision. The peer's Python is BANDIT_PYTHON, else python3, if it has fastapi, uvicorn and numpy. Exit code 1 when a
 * bar that could be measured is missed, 2 on wrong use.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openController } from '../controller/open.ts';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { coreTimes } from './bandit/core.ts';
import { type Load, load } from './bandit/load.ts';
import {
  findPython,
  post,
  type Service,
  startBare,
  startGateway,
  startPeer,
  temporaryRoot,
} from './bandit/services.ts';
import { atLeast, atMost, type BenchResult, type Row, resultOf } from './result.ts';
import { table } from './table.ts';

export interface BanditBenchOptions {
  readonly quick: boolean;
}

const connections = 16;
const presets = 5;
const scope = { strategy: 'hmm', instrument: 'BTCUSDT' };
const at = `${scope.strategy}/${scope.instrument}`;

const featuresOf = (n: number) => ({
  ret: Math.sin(n * 1.1) / 10,
  vol: Math.abs(Math.cos(n * 0.7)) / 10,
  rsi: Math.sin(n * 0.3),
  spread: Math.cos(n * 0.9),
});

/** Different in each run: a question that was asked before would be answered by its open decision. */
const pathOf = (offset: number) => (n: number) => {
  const query = Object.entries(featuresOf(offset + n)).map(([name, value]) => `features[${name}]=${value}`);
  return `/param/${at}?${query.join('&')}`;
};

const register = async (service: Service): Promise<void> => {
  for (let i = 0; i < presets; i++)
    await post(service, `/preset/register/${at}`, {
      preset_id: `p${i}`,
      params: { threshold: i / 10, window: 20 },
    });
};

const learn = async (service: Service, outcomes: number): Promise<void> => {
  for (let n = 0; n < outcomes; n++)
    await post(service, `/learn/outcome/${at}/p${n % presets}`, {
      reward: Math.sin(n * 12.9898) * 20,
      features: featuresOf(n),
      outcome_id: `o${n}`,
    });
};

/** A history of decisions and outcomes, written as the gateway writes it, many to a commit. */
const fillHistory = (root: string, outcomes: number): void => {
  const controller = openController({
    path: join(root, 'pc.sqlite'),
    schemas: loadStrategySchemas(),
    seed: 42,
    epsilon: 0,
    l2: 1,
    maxPresets: 12,
    decisionTtlMs: 900_000,
  });
  for (let i = 0; i < presets; i++)
    controller.register({ ...scope, presetId: `p${i}`, params: { threshold: i / 10, window: 20 } });
  const perCommit = 1_000;
  for (let from = 0; from < outcomes; from += perCommit) {
    const works = Array.from({ length: Math.min(perCommit, outcomes - from) }, (_, i) => () => {
      const n = from + i;
      const { decision_id: decisionId, preset_id: presetId } = controller.decide({
        ...scope,
        features: featuresOf(-n - 1),
      });
      controller.learn({
        ...scope,
        presetId,
        decisionId,
        reward: Math.sin(n * 12.9898) * 20,
        outcomeId: `o${n}`,
      });
    });
    for (const one of controller.batch(works)) if (!one.ok) throw one.error;
  }
  controller.close();
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** What a service did in each round. */
type Rounds = readonly Load[];

/** Rounds over all services in turn, so that a noisy minute hurts them alike. */
const race = async (services: readonly Service[], rounds: number, seconds: number): Promise<Rounds[]> => {
  const loads = services.map(() => [] as Load[]);
  let offset = Math.floor(Math.random() * 1e9);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { port }] of services.entries()) {
      const one = await load({ port, connections, seconds, path: pathOf(offset) });
      offset += 1e6;
      // The first round warms up.
      if (round > 0) loads[i]!.push(one);
    }
  }
  return loads;
};

const medianOf = (rounds: Rounds, of: keyof Load): number => median(rounds.map((load) => load[of]));

/** Median of the rounds' own ratios: two that ran one after the other had the same machine, two medians may not. */
const pairedRatio = (ours: Rounds, peer: Rounds, of: keyof Load): number =>
  median(ours.map((load, round) => load[of] / peer[round]![of]));

const coreRow = (name: string, ours: number): Row => ({
  ...{ name, ours, peer: null, ratio: null, limit: null },
  unit: 'µs p50',
  runs: 1,
});

const units: Readonly<Record<keyof Load, string>> = {
  requestsPerSecond: 'requests/s',
  p50Ms: 'ms',
  p99Ms: 'ms',
};

const loadRow = (name: string, of: keyof Load, ours: Rounds, peer: Rounds | undefined): Row => ({
  name,
  ours: medianOf(ours, of),
  peer: peer ? medianOf(peer, of) : null,
  ratio: peer ? pairedRatio(ours, peer, of) : null,
  limit: null,
  unit: units[of],
  runs: ours.length,
});

/** Runs with services that are stopped whatever happens. */
const withServices = async <T>(
  starts: readonly (() => Promise<Service>)[],
  work: (...services: Service[]) => Promise<T>,
): Promise<T> => {
  const services: Service[] = [];
  try {
    for (const start of starts) services.push(await start());
    return await work(...services);
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
};

interface Compared {
  readonly rows: readonly Row[];
  readonly ratio: number | null;
  readonly ofBare: number;
}

const compare = async (
  outcomes: number,
  { quick, python }: { quick: boolean; python: string | undefined },
): Promise<Compared> => {
  const { root, remove } = temporaryRoot();
  const [rounds, seconds] = quick ? [1, 1] : [9, 2];
  try {
    return await withServices(
      [() => startGateway(root), startBare, ...(python === undefined ? [] : [() => startPeer(python, root)])],
      async (ours, bare, peer) => {
        for (const service of peer ? [ours!, peer] : [ours!]) {
          await register(service);
          await learn(service, outcomes);
        }
        const [got, floor, theirs] = await race([ours!, bare!, ...(peer ? [peer] : [])], rounds, seconds);
        const name = `${outcomes} outcomes`;
        return {
          rows: [
            loadRow(`GET /param, ${name}`, 'requestsPerSecond', got!, theirs),
            loadRow(`  p50, ${name}`, 'p50Ms', got!, theirs),
            loadRow(`  p99, ${name}`, 'p99Ms', got!, theirs),
            loadRow(`  against a bare Hono route, ${name}`, 'requestsPerSecond', got!, floor),
          ],
          ratio: theirs ? pairedRatio(got!, theirs, 'requestsPerSecond') : null,
          ofBare: pairedRatio(got!, floor!, 'requestsPerSecond'),
        };
      },
    );
  } finally {
    remove();
  }
};

/** Requests per second with a long history, as a share of those with none; side by side. */
const flatness = async (outcomes: number, quick: boolean): Promise<{ share: number; row: Row }> => {
  const [empty, full] = [temporaryRoot(), temporaryRoot()];
  const rounds = quick ? 1 : 9;
  try {
    fillHistory(empty.root, 0);
    fillHistory(full.root, outcomes);
    return await withServices(
      [() => startGateway(full.root), () => startGateway(empty.root)],
      async (long, none) => {
        const [got, base] = await race([long!, none!], rounds, quick ? 1 : 3);
        return {
          share: pairedRatio(got!, base!, 'requestsPerSecond'),
          row: loadRow(`GET /param, ${outcomes} outcomes against none`, 'requestsPerSecond', got!, base),
        };
      },
    );
  } finally {
    empty.remove();
    full.remove();
  }
};

export const benchBandit = async ({ quick }: BanditBenchOptions): Promise<BenchResult> => {
  const python = findPython();
  const core = coreTimes(quick ? 2_000 : 10_000);
  const empty = await compare(0, { quick, python });
  const thousand = await compare(1_000, { quick, python });
  const history = quick ? 2_000 : 500_000;
  const flat = await flatness(history, quick);
  return resultOf(
    {
      core_decision_p50_us: atMost(150, core.decideUs),
      core_update_p50_us: atMost(10, core.updateUs),
      times_fastapi_empty: atLeast(8, empty.ratio),
      times_fastapi_1000_outcomes: atLeast(80, thousand.ratio),
      share_of_bare_hono: atLeast(0.25, empty.ofBare),
      share_of_empty_at_500000_outcomes: atLeast(0.9, quick ? null : flat.share),
    },
    [
      coreRow('core: estimates, propensities, draw', core.decideUs),
      coreRow('core: update', core.updateUs),
      ...empty.rows,
      ...thousand.rows,
      flat.row,
    ],
    python === undefined
      ? ['no Python with fastapi, uvicorn and numpy here (BANDIT_PYTHON): not compared with it']
      : [],
  );
};

const main = async (argv: readonly string[]): Promise<number> => {
  const unknown = argv.filter((word) => word !== '--json' && word !== '--quick');
  if (unknown.length > 0) {
    process.stderr.write(`${unknown.join(' ')} usage: npm run bench:bandit -- [--json] [--quick]\n`);
    return 2;
  }
  const result = await benchBandit({ quick: argv.includes('--quick') });
  process.stdout.write(`${argv.includes('--json') ? JSON.stringify(result) : table(result)}\n`);
  return result.ok ? 0 : 1;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = await main(process.argv.slice(2));
