import { describe, expect, it } from 'vitest';
import { appWith } from '../api/app.fixture.ts';
import { listen } from '../api/listen.ts';
import type { StepProgress, WorkflowSummary } from '../api/training.ts';
import { autotrainCommand } from './autotrain.ts';
import type { Progress } from './progress.ts';
import { createTrainingBar, shownOf } from './training-bar.ts';

const btc = 'binance:BTC/USDT:1h';
const eth = 'binance:ETH/USDT:1h';

const step = (what: string, phase: string | null, done?: number, of?: number): StepProgress => ({
  ...{ what, phase, done: done ?? null, of: of ?? null },
});

/** What bars were told, as `label unit: what`. */
const recorded = () => {
  const told: string[] = [];
  const progress: Progress = (label, unit, shown, from = 0) => {
    const name = `${label}${unit === '' ? '' : ` ${unit}`}`;
    const tell = (what: string): void => void told.push(`${name}: ${what}`);
    tell(`begins at ${from}${shown === undefined ? '' : ` ${shown}`}`);
    return {
      at: (done, total) => tell(`${done}/${total}`),
      wait: () => tell('waits'),
      end: () => tell('ends'),
    };
  };
  return { told, progress };
};

describe('of trainings side by side is shown', () => {
  it('the least advanced phase, all together that are in it', () => {
    const steps = [step(btc, 'refit', 3, 300), step(eth, 'fit', 40, 660), step('c', 'fit', 2, 660)];
    expect(shownOf(steps)).toEqual({
      ...{ label: 'fit 2 series', unit: 'iterations at most', counted: { done: 42, of: 1320 } },
    });
  });

  it('candles that strict mode learns, before it is judged', () => {
    const steps = [step(btc, 'absorb', 20_000, 525_000), step(eth, null)];
    expect(shownOf(steps)).toEqual({
      ...{ label: `absorb ${btc}`, unit: 'candles', counted: { done: 20_000, of: 525_000 } },
    });
    expect(shownOf([...steps, step('c', 'evaluate')])?.label).toBe(`absorb ${btc}`);
  });

  it('no share where one of them has no known length', () => {
    expect(shownOf([step(btc, 'evaluate')])).toEqual({ label: `evaluate ${btc}`, unit: '' });
    expect(shownOf([step(btc, 'absorb', 1, 2), step(eth, 'absorb')])?.counted).toBeUndefined();
  });

  it('nothing where none has begun', () => {
    expect(shownOf([step(btc, null)])).toBeUndefined();
    expect(shownOf([])).toBeUndefined();
  });
});

it('a phase has a bar of its own, which begins at what was done when it was first seen', () => {
  const { told, progress } = recorded();
  let nowMs = 0;
  const bar = createTrainingBar(progress, () => nowMs);
  bar.show({ label: 'claim', unit: '' });
  nowMs = 1_000;
  const fit = { label: 'fit', unit: 'iterations' };
  bar.show({ ...fit, counted: { done: 300, of: 660 } });
  bar.show({ ...fit, counted: { done: 340, of: 440 } });
  // The next model of an ensemble.
  bar.show({ ...fit, counted: { done: 5, of: 660 } });
  bar.show({ label: 'evaluate', unit: '' });
  bar.end();
  bar.end();
  expect(told).toEqual([
    ...['claim: begins at 0', 'claim: waits', 'claim: ends'],
    ...['fit iterations: begins at 300 at once', 'fit iterations: 300/660', 'fit iterations: 340/440'],
    ...['fit iterations: ends', 'fit iterations: begins at 5 at once', 'fit iterations: 5/660'],
    ...['fit iterations: ends', 'evaluate: begins at 0 at once', 'evaluate: waits', 'evaluate: ends'],
  ]);
});

describe('autotrain train', () => {
  const looks: Pick<WorkflowSummary, 'stage' | 'progress'>[] = [
    { stage: 'claim', progress: [] },
    { stage: 'train', progress: [step(btc, 'fit', 60, 660)] },
    { stage: 'commit', progress: [] },
  ];
  const example = {
    id: 'retrain:regimes',
    runId: 'r',
    type: 'retrain',
    status: 'RUNNING',
    routine: false,
  } as const;

  /** A gateway whose retrain goes on with each look and ends with the last. */
  const serve = async () => {
    let looked = 0;
    let ended = () => {};
    const until = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const { training } = appWith().deps;
    const { app } = appWith({
      training: {
        ...training,
        train: async (request) => {
          await until;
          return await training.train(request);
        },
        workflows: async () => {
          const look = looks[looked++];
          if (looked >= looks.length) ended();
          return look ? [{ ...example, startedAt: 1, ms: null, attempts: 1, url: null, ...look }] : [];
        },
      },
    });
    return await listen(app, { host: '127.0.0.1', ports: [0] });
  };

  const run = async (...more: string[]) => {
    const server = await serve();
    const { told, progress } = recorded();
    const lines: string[] = [];
    const say = (line: string): void => void lines.push(line);
    const argv = ['train', '--url', server.url, ...more];
    const { code } = await autotrainCommand(argv, {}, { progress, say });
    await server.stop();
    return { code, told, lines };
  };

  it('tells the stages, and how far each is', async () => {
    const { code, told, lines } = await run();
    expect(code).toBe(0);
    expect(lines).toEqual(['retrain: claim', 'retrain: train', 'retrain: commit']);
    const bars = told.filter((line) => !line.includes('begins'));
    expect(bars).toEqual([
      ...['claim: waits', 'claim: ends'],
      ...[`fit ${btc} iterations at most: 60/660`, `fit ${btc} iterations at most: ends`],
      ...['commit: waits', 'commit: ends'],
    ]);
  });
});
