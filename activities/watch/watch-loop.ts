import { diskSpace } from '../../health/disk.ts';
import { viewLoop } from '../../health/loop-view.ts';
import { loopKinds, loopProblems } from '../../health/problems.ts';
import { awaitRoutines } from '../../health/routines.ts';
import { describeKill } from '../../ledger/training-kills.ts';
import { seriesKey } from '../../series.ts';
import { owner } from '../claims.ts';
import type { WatchDeps } from './watch-deps.ts';

/** The watch runs once a minute: a longer silence means that nothing ran. */
const awayAfterMs = 5 * 60_000;

const wasAway = (ledger: WatchDeps['ledger']): boolean =>
  Date.now() - (ledger.reading('watched')?.updatedAt ?? 0) > awayAfterMs;

/**
 * Looks at the loop and tells what changed. The retrain schedule is paused while the kill switch holds, whoever ran it in
 * the meantime, so that the switch survives schedules that were made again.
 */
export const watchLoop = async (deps: WatchDeps): Promise<{ problems: string[] }> => {
  const { ledger, ask, watch, series } = deps;
  const kill = ledger.trainingKill();
  await ask.holdRetrain(kill && describeKill(kill));
  const failed = await ask.failedRetrains();
  ledger.recordReading('failed_retrains', failed?.inARow ?? 0, failed ?? null);
  awaitRoutines(ledger, series.map(seriesKey), wasAway(ledger));
  const disks = diskSpace(watch.folders);
  ledger.recordReading('disks', Math.min(...disks.map(({ freeBytes }) => freeBytes)), disks);
  const found = loopProblems(viewLoop({ ledger, series, disks, isReplay: watch.isReplay }), watch.limits);
  ledger.observeConditions({ kinds: loopKinds, found, settleMs: watch.settleMs, run: owner() });
  ledger.recordReading('watched', found.length);
  return { problems: found.map(({ kind, subject }) => `${kind} ${subject}`) };
};
