import type { Models } from './models.ts';
import type { LedgerReader } from './ports.ts';

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
const everyMs = 250;

const looker = ({ ledger, models }: { ledger: LedgerReader; models: Models }) => ({
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

/** Looks once for all who follow: their number costs nothing. */
export const openLive = (deps: { ledger: LedgerReader; models: Models }): Live => {
  const look = looker(deps);
  const topics = Object.keys(look) as LiveTopic[];
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
  topics.forEach(see);
  const timer = setInterval(() => topics.forEach(see), everyMs);
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
