import { tellingOnce } from '../told-once.ts';
import type { Models } from './models.ts';
import type { LedgerReader, Logger } from './ports.ts';

/** What the dashboard follows; each is told again when it changes. */
export interface LiveState {
  readonly ledger: ReturnType<LedgerReader['fileCounts']>;
  readonly watermarks: readonly {
    readonly series: string;
    readonly value: number;
    readonly updatedAt: number;
  }[];
  readonly model: { readonly version_id: string | null; readonly problem: string | null };
}

export type LiveTopic = keyof LiveState;

/** A topic's new value, and when it was seen, epoch ms. */
export interface LiveChange {
  readonly topic: LiveTopic;
  readonly atMs: number;
  readonly value: unknown;
}

export interface Live {
  /** The newest value of each topic. */
  newest(): readonly LiveChange[];
  /** Returns what ends that. */
  onChange(listener: (change: LiveChange) => void): () => void;
  /** Ends every listener's stream. */
  onStop(listener: () => void): () => void;
  stop(): void;
}

/** A retrain that takes its files and gives them back within a second must be seen. */
const usualMs = 250;

interface LiveDeps {
  readonly ledger: Pick<LedgerReader, 'fileCounts' | 'watermarks'>;
  readonly models: Pick<Models, 'snapshot' | 'problem'>;
  readonly log: Logger;
  readonly everyMs?: number;
}

const looker = ({ ledger, models }: LiveDeps) => ({
  ledger: () => ledger.fileCounts(),
  watermarks: () => ledger.watermarks(),
  model: () => ({
    version_id: models.snapshot()?.versionId ?? null,
    problem: models.problem()?.detail ?? null,
  }),
});

const setOf = <T>() => {
  const members = new Set<T>();
  return {
    members,
    add: (member: T) => {
      members.add(member);
      return () => void members.delete(member);
    },
  };
};

/**
 * Looks once for all who follow: their number costs nothing. Of what cannot be read the newest value stays, for engines
 * are served beside it.
 */
export const openLive = (deps: LiveDeps): Live => {
  const look = looker(deps);
  const newest = new Map<LiveTopic, LiveChange & { readonly text: string }>();
  const [listeners, stoppers] = [setOf<(change: LiveChange) => void>(), setOf<() => void>()];

  const see = (topic: LiveTopic): void => {
    const value = look[topic]();
    const text = JSON.stringify(value);
    if (newest.get(topic)?.text === text) return;
    const change = { topic, atMs: Date.now(), value, text };
    newest.set(topic, change);
    for (const listener of listeners.members) listener(change);
  };
  const looks = (Object.keys(look) as LiveTopic[]).map((topic) => {
    const safely = tellingOnce((err) =>
      deps.log.error({ err, topic }, 'what the page follows cannot be read; its newest value stays'),
    );
    return () => safely(() => see(topic));
  });
  const lookAtAll = (): void => looks.forEach((lookAt) => lookAt());
  lookAtAll();
  const timer = setInterval(lookAtAll, deps.everyMs ?? usualMs);
  timer.unref();
  return {
    newest: () => [...newest.values()].map(({ topic, atMs, value }) => ({ topic, atMs, value })),
    onChange: listeners.add,
    onStop: stoppers.add,
    stop: () => {
      clearInterval(timer);
      for (const stopper of stoppers.members) stopper();
    },
  };
};
