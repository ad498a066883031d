import { setup } from '../../scripts/setup.mjs';
import type { Order } from './processes.ts';
import { openWorld, type World } from './world.ts';

/**
 * The same without the ablation takes as long again, half a minute and more for each. So every day a test names each
 * problem that the ablation makes, and demands that there is no other; only the long tier plays the plan without it.
 */
export const isFull = process.env['AUTOTRAIN_TESTS'] === 'full';

/** A rule is taken away in a world of its own; undefined: none is. */
export const inWorld = async <T>(
  ablation: string | undefined,
  work: (world: World) => Promise<T>,
): Promise<T> => {
  const { temporalPath } = await setup({ build: true, ownServer: true });
  const world = await openWorld({ temporalPath, seed: 3, engines: 0, ...(ablation && { ablation }) });
  try {
    return await work(world);
  } finally {
    await world.close();
  }
};

export const dyingAt = (world: World, point: string, signal: Order['signal'] = 'SIGKILL'): Order => ({
  ...{ points: [point], nth: 1, signal },
  note: world.noteOf(point),
});
