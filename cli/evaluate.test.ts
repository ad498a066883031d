import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { singleRegimeCandles } from '../backtest/null-test.ts';
import { main } from './evaluate.ts';

const folder = mkdtempSync(join(tmpdir(), 'autotrain-evaluate-'));

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
};

const csv = (count: number, timeframeMs: number, seed = 1): string => {
  const { openTimeMs, open, high, low, close, volume } = singleRegimeCandles(count, timeframeMs, seed);
  const rows = Array.from(openTimeMs, (time, t) =>
    [time, open[t]!, high[t]!, low[t]!, close[t]!, volume[t]!].map((v, i) => (i ? v.toFixed(6) : v)).join(),
  );
  return `timestamp,open,high,low,close,volume\n${rows.join('\n')}\n`;
};

let out = '';
let err = '';
beforeEach(() => {
  [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((err += String(text))));
});
afterEach(() => vi.restoreAllMocks());

describe('npm run evaluate', () => {
  it('says how it is used, and what it does not know', () => {
    expect(main([])).toBe(2);
    expect(main(['--fast', 'x.csv'])).toBe(2);
    expect(err).toContain('--fast is not an option; usage: npm run evaluate');
  });

  it.each([
    ['header.csv', 'a,b\n', /header\.csv, line 1: the header is not "timestamp,open/],
    [
      'price.csv',
      `${csv(1, 60_000)}60000,0,1,1,1,1\n`,
      /price\.csv, line 3: the candle has a price that is not above zero/,
    ],
    ['step.csv', csv(5, 7000), /step\.csv: candles are 7000 ms apart; a timeframe is one of 1m 3m/],
    ['short.csv.gz', csv(200, 60_000), /short\.csv\.gz: /],
  ])('names file, place and what is allowed: %s', (name, text, message) => {
    expect(main(['--json', '--quick', write(name, text)])).toBe(1);
    const { ok, summary } = JSON.parse(out);
    expect(ok).toBe(false);
    expect(summary.failures[0]).toMatch(message);
  });

  it('judges candles without regimes: no evidence in their returns, and says what does not hold', () => {
    const code = main(['--json', '--quick', write('walk.csv.gz', csv(5000, 60_000))]);
    const { ok, series, summary } = JSON.parse(out);
    const [{ evaluation, checks, timeframe }] = series;
    expect(timeframe).toBe('1m');
    expect(evaluation.judgement.regimeEvidence.returns).toBe(false);
    expect(evaluation.nulls).toHaveLength(2);
    expect(evaluation.promotions.retrains).toBe(3);
    expect(evaluation.online.map(({ nStates }: { nStates: number }) => nStates)).toContain(4);
    expect(evaluation.ensemble.fixed).toHaveLength(2);
    expect(code).toBe(ok ? 0 : 1);
    expect(summary.failures).toHaveLength(checks.filter((one: { pass: boolean }) => !one.pass).length);
  });

  it('compares one model for all files of a timeframe with one each', () => {
    main(['--json', '--quick', write('one.csv', csv(5000, 60_000)), write('two.csv', csv(4500, 60_000, 2))]);
    const { scopes } = JSON.parse(out);
    expect(Object.keys(scopes['1m'].series)).toEqual(['one.csv', 'two.csv']);
    expect(scopes['1m'].together.candles).toBeGreaterThan(3000);
  });
});
