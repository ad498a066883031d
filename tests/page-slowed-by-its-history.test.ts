import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { appWith, fixedModels, modelOf, seriesModelOf, settings, snapshotOf } from '../api/app.fixture.ts';
import { newestCandles } from '../ledger/candle-store.ts';
import { seriesKey } from '../series.ts';
import { Sqlite } from '../sqlite.ts';
import { busy, firstMs, minutely, openLargeState, rare } from './support/large-state.ts';

const candles = 1_000_000;
const decisions = 100_000;
const key = seriesKey(minutely);
const ofScope = ({ strategy, instrument }: typeof busy) => `strategy=${strategy}&instrument=${instrument}`;

/** What the page asks for, over all its views. */
const asked = [
  '/health',
  '/model',
  '/models?limit=50',
  '/promotions?limit=20',
  `/chart?series=${encodeURIComponent(key)}`,
  '/ledger',
  '/ledger/gaps?limit=1000',
  '/ledger/corrections?limit=1000',
  '/ledger/history',
  '/watermarks',
  '/strategies',
  '/guardrails',
  `/overview/${busy.strategy}/${busy.instrument}`,
  `/overview/${rare.strategy}/${rare.instrument}`,
  `/decisions?limit=25&${ofScope(busy)}`,
  `/decisions?limit=25&${ofScope(rare)}`,
  `/outcomes?limit=200&${ofScope(busy)}`,
  `/outcomes?limit=200&${ofScope(rare)}`,
];

/** A page over the network of a phone. */
const mostBytes = 300_000;

/** Far above what an answer takes (some 10 ms; a page of candles some 100 ms), and far below a walk over everything. */
const mostMs = 3_000;

let state: ReturnType<typeof openLargeState>;
let app: ReturnType<typeof appWith>['app'];

beforeAll(() => {
  state = openLargeState({ candles, decisions });
  const { ledger, controller, dataDir } = state;
  const model = { ...modelOf(4), series: { [key]: seriesModelOf(4) } };
  app = appWith({
    settings: { ...settings, series: [minutely] },
    ...{ ledger, controller, models: fixedModels(snapshotOf('v1', model)) },
    newestCandles: (series, count, beforeMs) =>
      newestCandles({ ledger, dataDir, series, count, ...(beforeMs === undefined ? {} : { beforeMs }) }),
  }).app;
}, 300_000);
afterAll(() => state.remove());

const ask = async (path: string) => {
  const begun = performance.now();
  const answer = await app.request(path);
  const text = await answer.text();
  return { status: answer.status, text, ms: performance.now() - begun };
};

interface Statement {
  readonly db: Sqlite.Database;
  readonly sql: string;
}

/** Every different statement that is prepared while `work` runs. */
const statementsOf = async (work: () => Promise<unknown>): Promise<Statement[]> => {
  const seen = new Map<string, Statement>();
  const prepare = Sqlite.prototype.prepare;
  const spy = vi.spyOn(Sqlite.prototype, 'prepare').mockImplementation(function (
    this: Sqlite.Database,
    sql: string,
  ) {
    seen.set(sql, { db: this, sql });
    return prepare.call(this, sql);
  });
  await work();
  spy.mockRestore();
  return [...seen.values()];
};

/** Which values are bound does not change the plan. */
const planOf = ({ db, sql }: Statement): string[] => {
  const values = Array<number>(sql.split('?').length - 1).fill(1);
  return db
    .prepare<unknown[], { detail: string }>(`explain query plan ${sql}`)
    .all(...values)
    .map(({ detail }) => detail);
};

const walksOf = (statement: Statement): string[] =>
  planOf(statement).filter((step) => /^SCAN (decisions|outcomes)|TEMP B-TREE/.test(step));

describe(`the page over ${candles} candles and ${decisions} decisions with outcomes`, () => {
  it('has that many stored', () => {
    expect(state.ledger.bars(minutely)).toBe(candles);
    expect(state.controller.summary()).toMatchObject({ decisions: decisions + 2, outcomes: decisions + 1 });
  });

  it('is answered in bounded time and bytes', async () => {
    const took: string[] = [];
    for (const path of asked) {
      const { status, text, ms } = await ask(path);
      expect(status, `${path} ${text.slice(0, 200)}`).toBe(200);
      expect(text.length, path).toBeLessThan(mostBytes);
      expect(ms, path).toBeLessThan(mostMs);
      took.push(`${path} ${Math.round(ms)} ms ${text.length} bytes`);
    }
    console.info(took.join('\n'));
  });

  it('asks for what an index leads to: nothing walks over all decisions or outcomes, or sorts them', async () => {
    const statements = await statementsOf(() => Promise.all(asked.map(ask)));
    const big = statements.filter(({ sql }) => /"(decisions|outcomes)"/.test(sql));
    expect(big.length).toBeGreaterThanOrEqual(3);
    for (const statement of big) expect(walksOf(statement), statement.sql).toEqual([]);
    // Without its index the walk is seen.
    big[0]!.db.exec('drop index decisions_scope; drop index outcomes_scope');
    expect(big.flatMap(walksOf)).not.toEqual([]);
  });

  it('goes back through the candles page by page, to the first, without a hole', async () => {
    const page = async (before?: number) =>
      JSON.parse((await ask(`/chart?limit=1000${before === undefined ? '' : `&before=${before}`}`)).text) as {
        candles: number[][];
        next_before: number | null;
      };
    const newest = await page();
    expect(newest.candles.at(-1)![0]).toBe(firstMs + (candles - 1) * 60_000);
    const older = await page(newest.next_before!);
    expect(older.candles).toHaveLength(1000);
    expect(older.candles.at(-1)![0]).toBe(newest.candles[0]![0]! - 60_000);
    const first = await page(firstMs + 500 * 60_000);
    expect([first.candles.length, first.candles[0]![0], first.next_before]).toEqual([500, firstMs, null]);
  });
});
