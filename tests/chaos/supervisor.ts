import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Order, type Running, tell } from './processes.ts';
import { type Hit, openScene } from './scene.ts';
import type { Member, World } from './world.ts';

export interface Kill {
  readonly victim: Member | 'temporal' | 'all';
  /** The named point, or `at random`. */
  readonly point: string;
  /** What it was in the middle of. */
  readonly hit: readonly Hit[];
}

/** It dies there, unless it shall stand still. */
export type Aim = Pick<Order, 'points' | 'nth'> & Partial<Pick<Order, 'signal'>>;

const members: readonly Member[] = ['ingest', 'train', 'gateway'];

/** Keeps workers, gateway and Temporal alive, kills them, and logs what each kill hit. */
export const openSupervisor = async (world: World, log: (kill: Kill) => void = () => {}) => {
  const kills: Kill[] = [];
  const look = openScene(world);
  const running = new Map<Member, Running>();
  const aims = new Map<Member, readonly Aim[]>();
  const watchers = new Set<() => void>();
  let recoveries = 0;
  let lastDeathMs = Date.now();
  let failure: unknown;
  /** While everything is killed on purpose, or for good, nobody is started again by itself. */
  let isHandsOff = false;
  /** Starts of what was killed. */
  let rising: Promise<unknown> = Promise.resolve();

  const tellWatchers = (): void => {
    for (const watch of watchers) watch();
  };
  let failAll: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    failAll = reject;
  });
  failed.catch(() => {});
  const fail = (error: unknown): void => {
    failure ??= error;
    failAll(error);
    tellWatchers();
  };
  const aimsOf = (member: Member): readonly Aim[] => aims.get(member) ?? [];
  const orderOf = (member: Member): Order | undefined => {
    const [aim] = aimsOf(member);
    return aim && { signal: 'SIGKILL', ...aim, note: world.noteOf(member) };
  };
  /** Null takes an order back: a message keeps no undefined. */
  const tellOrder = (member: Member, one: Running): void => tell(one, { order: orderOf(member) ?? null });

  const diedAt = (victim: Kill['victim']): string => {
    const note = world.noteOf(victim);
    try {
      return readFileSync(note, 'utf8');
    } catch {
      return 'at random';
    } finally {
      rmSync(note, { force: true });
    }
  };

  const record = (victim: Kill['victim']): void => {
    const kill = { victim, point: diedAt(victim), hit: look() };
    kills.push(kill);
    lastDeathMs = Date.now();
    log(kill);
    tellWatchers();
  };

  /** Whoever ends otherwise than by SIGKILL has failed: that is no kill. */
  const demandKilled = (member: Member, { child, said }: Running, signal: NodeJS.Signals | null): void => {
    if (signal === 'SIGKILL') return;
    throw new Error(`${member} ended by itself (${signal ?? child.exitCode}): ${said()}`);
  };

  const run = async (member: Member): Promise<void> => {
    const mine = await world.start(member, orderOf(member));
    running.set(member, mine);
    // What was asked for while it started.
    tellOrder(member, mine);
    const next = mine.gone.then(async (signal) => {
      if (isHandsOff) return;
      demandKilled(member, mine, signal);
      record(member);
      aims.set(member, aimsOf(member).slice(1));
      const risen = run(member);
      rising = Promise.all([rising, risen]);
      await risen;
      recoveries += 1;
    });
    next.catch(fail);
  };
  const runAll = () => Promise.all(members.map(run));
  const killAll = () => Promise.all([...running.values()].map((one) => one.kill()));

  const aim = (member: Member, next: readonly Aim[]): void => {
    aims.set(member, next);
    tellOrder(member, running.get(member) as Running);
  };

  /** False when it did not come there. */
  const standsStill = async (member: Member, patienceMs: number): Promise<boolean> => {
    const note = world.noteOf(member);
    for (const until = Date.now() + patienceMs; failure === undefined && Date.now() < until; await delay(10))
      if (existsSync(note)) return true;
    return false;
  };

  await runAll();
  return {
    kills,
    look,
    recoveries: () => recoveries,
    lastDeathMs: () => lastDeathMs,
    /** It dies at these, one after the other: each next one from its start on. */
    aim,
    /** Does the work while this one stands still at one of its points, or goes about its business if it came to none. */
    whileStill: async (
      member: Member,
      { points, nth, patienceMs }: Aim & { readonly patienceMs: number },
      work: () => Promise<void>,
    ): Promise<void> => {
      aim(member, [{ points, nth, signal: 'SIGSTOP' }]);
      const still = running.get(member) as Running;
      await standsStill(member, patienceMs);
      aim(member, []);
      await work();
      still.child.kill('SIGCONT');
      rmSync(world.noteOf(member), { force: true });
    },
    left: aimsOf,
    kill: (member: Member) => (running.get(member) as Running).kill(),
    /** Kills Temporal, alone or with all others, and starts again what was killed. */
    killTemporal: async (victim: 'temporal' | 'all'): Promise<void> => {
      isHandsOff = victim === 'all';
      await Promise.all([world.temporal.kill(), ...(victim === 'all' ? [killAll()] : [])]);
      record(victim);
      await world.temporal.restart();
      isHandsOff = false;
      if (victim === 'all') await runAll();
      recoveries += 1;
    },
    /** Until everything that was killed runs again. */
    untilUp: async (): Promise<void> => void (await rising.catch(fail)),
    /** False when nobody died for so long. */
    nextKill: (patienceMs: number): Promise<boolean> =>
      new Promise((resolve) => {
        const before = kills.length;
        const done = (happened: boolean): void => {
          clearTimeout(timer);
          watchers.delete(watch);
          resolve(happened);
        };
        const watch = (): void => {
          if (kills.length > before || failure !== undefined) done(true);
        };
        const timer = setTimeout(() => done(false), patienceMs);
        watchers.add(watch);
      }),
    /** Its result, unless something goes wrong with the processes that it waits for. */
    unlessFailed: <T>(work: Promise<T>): Promise<T> => Promise.race([work, failed]),
    /** Throws what went wrong with the processes themselves. */
    demandSound: (): void => {
      if (failure !== undefined) throw failure;
      world.demandOnlookers();
    },
    close: async (): Promise<void> => {
      isHandsOff = true;
      await rising.catch(() => {});
      await killAll();
    },
  };
};

export type Supervisor = Awaited<ReturnType<typeof openSupervisor>>;
