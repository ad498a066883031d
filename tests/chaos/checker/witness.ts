import type { Sqlite } from '../../../sqlite.ts';
import { type CheckRequest, notes, type Problem, problem } from './store.ts';

interface Sample {
  readonly at: number;
  /** How often it has read `current` so far. */
  readonly reads: number;
  readonly torn?: string;
  readonly watermarks: Readonly<Record<string, number>>;
  readonly promoted: number;
  readonly fence: number;
  /** The newest promotion of what `current` pointed to. */
  readonly serving: number;
}

const wentBack = (name: string, before: number | undefined, now: number | undefined): Problem[] =>
  before === undefined || (now !== undefined && now >= before)
    ? []
    : [problem('wrong', `${name} went back from ${before} to ${now}`)];

/** On a machine that is busy it is seldom heard of for some seconds; it samples five times a second. */
const longestSilenceMs = 30_000;

/** A witness that is gone, or reads no more, has seen nothing, and would testify that nothing happened. */
const checkPresence = (samples: readonly Sample[]): Problem[] => {
  const [first] = samples;
  if (!first) return [problem('wrong', 'the witness has taken no sample')];
  const silences: Problem[] = [];
  let heard = first;
  const hear = (at: number): void => {
    const silentMs = at - heard.at;
    if (silentMs > longestSilenceMs)
      silences.push(problem('wrong', `the witness read nothing for ${silentMs} ms after ${heard.at}`));
  };
  for (const sample of samples.filter(({ reads }, i) => reads > (samples[i - 1]?.reads ?? 0))) {
    hear(sample.at);
    heard = sample;
  }
  hear(Date.now());
  return silences;
};

/** What was seen while the loop ran: no read was torn, and no watermark or fence ever went back. */
export const checkWitness = (db: Sqlite.Database, { witnessed }: CheckRequest): Problem[] => {
  const seen = notes<Sample>(witnessed);
  const torn = seen.flatMap((one) => (one.torn === undefined ? [] : [problem('torn', one.torn)]));
  const watermarks = db.prepare('select name, value from watermarks').raw().all() as [string, number][];
  const now: Omit<Sample, 'at' | 'reads'> = {
    watermarks: Object.fromEntries(watermarks),
    promoted: Number(db.prepare('select coalesce(max(fence), 0) from promotions').pluck().get()),
    fence: Number(db.prepare('select fence from meta').pluck().get()),
    serving: Number.MAX_SAFE_INTEGER,
  };
  const taken = seen.filter((one) => one.torn === undefined);
  const samples = [...taken, now];
  const back = samples.flatMap((sample, i) => {
    const before = samples[i - 1];
    if (!before) return [];
    return [
      ...wentBack('the fence', before.fence, sample.fence),
      ...wentBack('the fence of the newest promotion', before.promoted, sample.promoted),
      ...wentBack('the promotion that is served', before.serving, sample.serving),
      ...Object.entries(before.watermarks).flatMap(([name, value]) =>
        wentBack(name, value, sample.watermarks[name]),
      ),
    ];
  });
  return [...torn, ...back, ...checkPresence(taken)];
};
