import { setTimeout as delay } from 'node:timers/promises';
import { crashPoints } from '../../ledger/crash-points.ts';
import { createRandom, type Random } from '../../numerics/random.ts';
import { badlyAimed } from './aim.ts';
import { calm } from './calm.ts';
import { checkNow, type Verdict } from './checker/check.ts';
import { type Loop, loopOf } from './loop.ts';
import { registerPresets } from './presets.ts';
import { type Kill, openSupervisor, type Supervisor } from './supervisor.ts';
import { replayError, requestOf, verdictOn } from './verdict.ts';
import { openWorld, type World } from './world.ts';

export interface Report extends Omit<Verdict, 'problems' | 'wrong'> {
  readonly kills: number;
  readonly recoveries: number;
  /** Candles that the exchange gave. */
  readonly bars: number;
  readonly seed: number;
  readonly rounds: number;
  /** Of all kills, those that hit an open claim, an uncommitted file or an unfinished swap. */
  readonly aimed: number;
  readonly failures: readonly string[];
  /** How often somebody died where. */
  readonly points: Readonly<Record<string, number>>;
}

export interface RoundsOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly temporalPath: string;
  readonly say?: (line: string) => void;
}

/** At these a worker is in the middle of something. */
const busy =
  /^(file:(?!registered)|staged:(?!removed)|version:(begun|written|renamed|synced)|link:|month:(unsynced|written)|hold:|commitVersion:uncommitted|registerFile:uncommitted|claim:committed|promote:committed|projectChampion:uncommitted)/;

const workerPoints = crashPoints.filter(({ by }) => by === 'worker').map(({ point }) => point);
const gatewayPoints = crashPoints.filter(({ by }) => by === 'gateway').map(({ point }) => point);
const ingestPoint = /^(file:|registerFile:|startWatermark:)/;
const pointsOf = (member: 'ingest' | 'train', points: readonly string[]) =>
  points.filter((point) => ingestPoint.test(point) === (member === 'ingest'));

/** Mostly a worker, since it is the one that is in the middle of something. */
const victimOf = (random: Random): Kill['victim'] => {
  const share = random.uniform();
  if (share < 0.64) return 'train';
  if (share < 0.84) return 'ingest';
  if (share < 0.92) return 'gateway';
  return share < 0.97 ? 'temporal' : 'all';
};

/** Until a claim is open or a file is on its way, so that a death at random hits it. */
const untilBusy = async ({ look }: Supervisor): Promise<void> => {
  for (const until = Date.now() + 5_000; Date.now() < until; await delay(25))
    if (look({ remember: false }).length > 0) return;
};

const killWorker = async (
  supervisor: Supervisor,
  member: 'ingest' | 'train',
  random: Random,
): Promise<void> => {
  const all = pointsOf(member, workerPoints);
  const points = random.uniform() < 0.9 ? all.filter((point) => busy.test(point)) : all;
  // Some of them, or the first of a run would be met before the last ever are.
  const some = points.filter(() => random.uniform() < 0.3);
  supervisor.aim(member, [{ points: some.length > 0 ? some : points, nth: 1 + random.integer(3) }]);
  if (await supervisor.nextKill(20_000)) return;
  supervisor.aim(member, []);
  await untilBusy(supervisor);
  await supervisor.kill(member);
};

const killGateway = async (supervisor: Supervisor, random: Random): Promise<void> => {
  const died = supervisor.nextKill(4_000);
  supervisor.aim('gateway', [{ points: gatewayPoints, nth: 1 + random.integer(10) }]);
  if (await died) return;
  supervisor.aim('gateway', []);
  await supervisor.kill('gateway');
};

/** Where a worker that stands still keeps nobody from the ledger. */
const stillPoints = pointsOf('train', workerPoints).filter(
  (point) => busy.test(point) && !point.endsWith(':uncommitted'),
);

const kill = async (supervisor: Supervisor, victim: Kill['victim'], random: Random): Promise<void> => {
  if (victim === 'ingest' || victim === 'train') return await killWorker(supervisor, victim, random);
  const still = { points: stillPoints, nth: 1 + random.integer(6), patienceMs: 15_000 };
  await supervisor.whileStill('train', still, () =>
    victim === 'gateway' ? killGateway(supervisor, random) : supervisor.killTemporal(victim),
  );
};

/** Goes round and round until it is told to stop: ingest, retrain, promote, janitor. */
const keepGoing = (loop: Loop) => {
  let isOver = false;
  const going = (async () => {
    for (let round = 0; !isOver; round += 1) {
      await loop.ingest(60);
      await loop.retrain();
      await loop.promote();
      if (round % 3 === 2) await loop.janitor();
    }
  })();
  going.catch(() => {});
  return async (): Promise<void> => {
    isOver = true;
    await going;
  };
};

/** So that no file fails five times for deaths that are not its fault, the loop gets through now and then. */
const kindness = 6;

const play = async (world: World, supervisor: Supervisor, { rounds, seed, say }: RoundsOptions) => {
  const random = createRandom(seed);
  const loop = loopOf(world);
  const failures: string[] = [];
  let stop = keepGoing(loop);
  for (let round = 1; round <= rounds && failures.length === 0; round += 1) {
    await kill(supervisor, victimOf(random), random);
    await supervisor.untilUp();
    supervisor.demandSound();
    const { problems } = checkNow(requestOf(world));
    failures.push(...problems.map(({ kind, what }) => `round ${round}: ${kind}: ${what}`));
    if (round % kindness === 0) {
      await supervisor.unlessFailed(stop());
      say?.(`round ${round}: ${supervisor.kills.length} kills, ${world.market.bars()} candles`);
      stop = keepGoing(loop);
    }
  }
  await supervisor.unlessFailed(stop());
  await supervisor.unlessFailed(calm(loop, world, supervisor.lastDeathMs()));
  supervisor.demandSound();
  return failures;
};

const tally = (kills: readonly Kill[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { victim, point } of kills) {
    const name = point === 'at random' ? `${victim} at random` : point;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

/** Random deaths from a seed, and what the checker says in the end. */
export const playRounds = async (options: RoundsOptions): Promise<Report> => {
  const { rounds, seed } = options;
  const world = await openWorld(options);
  let supervisor: Supervisor | undefined;
  try {
    supervisor = await openSupervisor(world, (kill) => options.say?.(JSON.stringify(kill)));
    await registerPresets(world.url);
    const during = await play(world, supervisor, options);
    const { problems, wrong: _, ...counts } = await verdictOn(world);
    const { kills } = supervisor;
    await supervisor.close();
    const unlike = replayError(world);
    const replayed = unlike < 1e-9 ? [] : [`wrong: arms are ${unlike} from a replay of their outcomes`];
    const aimed = kills.filter(({ hit }) => hit.length > 0).length / Math.max(1, kills.length);
    return {
      ...{ kills: kills.length, recoveries: supervisor.recoveries(), bars: world.market.bars() },
      ...{ ...counts, seed, rounds },
      aimed,
      failures: [
        ...during,
        ...problems.map(({ kind, what }) => `${kind}: ${what}`),
        ...replayed,
        ...badlyAimed(aimed, rounds),
      ],
      points: tally(kills),
    };
  } finally {
    // Whoever stands still does not hear that this process ends.
    await supervisor?.close();
    await world.close();
  }
};
