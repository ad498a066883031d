import type { Models } from './models.ts';
import type { LedgerReader } from './ports.ts';

export type FileCounts = ReturnType<LedgerReader['fileCounts']>;

/** What the dashboard follows; each is told again when it changes. */
export interface LiveState {
  readonly ledger: FileCounts;
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

/** Files by status at a moment, epoch ms. */
export interface LedgerSample {
  readonly atMs: number;
  readonly files: FileCounts;
}

export interface Live {
  /** The newest value of each topic. */
  newest(): readonly LiveChange[];
  /** Ascending, since this gateway started; only moments at which something had changed. */
  ledgerSamples(): readonly LedgerSample[];
  /** Returns what ends that. */
  onChange(listener: (change: LiveChange) => void): () => void;
  /** Ends every listener's stream. */
  onStop(listener: () => void): () => void;
  stop(): void;
}

/** A retrain that takes its files and gives them back within a second must be seen. */
const everyMs = 250;

/** A change a minute for three days. */
export const mostSamples = 4_320;

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
  const samples: LedgerSample[] = [];
  const [listeners, stoppers] = [setOf<(change: LiveChange) => void>(), setOf<() => void>()];

  const see = (topic: LiveTopic): void => {
    const value = look[topic]();
    const text = JSON.stringify(value);
    if (newest.get(topic)?.text === text) return;
    const change = { topic, atMs: Date.now(), value, text };
    newest.set(topic, change);
    if (topic === 'ledger') samples.push({ atMs: change.atMs, files: value as FileCounts });
    if (samples.length > mostSamples) samples.shift();
    for (const listener of listeners.members) listener(change);
  };
  topics.forEach(see);
  const timer = setInterval(() => topics.forEach(see), everyMs);
  timer.unref();
  return {
    newest: () => [...newest.values()].map(({ topic, atMs, value }) => ({ topic, atMs, value })),
    ledgerSamples: () => samples,
    onChange: listeners.add,
    onStop: stoppers.add,
    stop: () => {
      clearInterval(timer);
      for (const stopper of stoppers.members) stopper();
    },
  };
};
