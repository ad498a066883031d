import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Controller, openController } from '../controller/open.ts';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { type GatewayProcess, startGatewayProcess } from './processes/gateway-process.ts';

let root: string;
let running: GatewayProcess[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'killed-'));
});
afterEach(async () => {
  for (const { child, gone } of running) {
    child.kill('SIGKILL');
    await gone;
  }
  running = [];
  rmSync(root, { recursive: true, force: true });
});

const scope = { strategy: 'hmm', instrument: 'BTCUSDT' };
const path = () => join(root, 'pc.sqlite');

const start = async (): Promise<GatewayProcess> => {
  const gateway = await startGatewayProcess({
    DATA_DIR: join(root, 'ml'),
    MODELS_DIR: join(root, 'models'),
    PC_DB: path(),
    TEMPORAL_ADDRESS: '127.0.0.1:9',
  });
  running.push(gateway);
  return gateway;
};

const post = async (url: string, body: object): Promise<Record<string, unknown>> => {
  const answer = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
};

/** What was acknowledged before the gateway died. */
interface Promised {
  readonly decisions: Set<string>;
  readonly outcomes: Map<string, string>;
}

let asked = 0;

/** An engine: asks, then reports a reward under an id of its own, until nobody answers. */
const trade = async (url: string, promised: Promised): Promise<void> => {
  try {
    for (;;) {
      asked += 1;
      const id = `o${asked}`;
      const answer = await fetch(`${url}/param/hmm/BTCUSDT?features[ret]=${asked}`);
      const { decision_id, preset_id } = (await answer.json()) as Record<string, string>;
      if (!answer.ok) return;
      promised.decisions.add(decision_id!);
      await post(`${url}/learn/outcome/hmm/BTCUSDT/${preset_id}`, {
        reward: Math.sin(asked),
        decision_id,
        outcome_id: id,
      });
      promised.outcomes.set(id, decision_id!);
    }
  } catch {
    // It was killed: what was not answered was not promised.
  }
};

const withStore = <T>(work: (controller: Controller) => T): T => {
  const controller = openController({
    path: path(),
    schemas: loadStrategySchemas(),
    seed: 42,
    epsilon: 0,
    l2: 1,
    maxPresets: 12,
    decisionTtlMs: 900_000,
  });
  try {
    return work(controller);
  } finally {
    controller.close();
  }
};

const allPages = <T extends { readonly seq: number }>(page: (cursor?: string) => readonly T[]): T[] => {
  const rows: T[] = [];
  for (let next = page(); next.length > 0; next = page(String(next.at(-1)!.seq))) rows.push(...next);
  return rows;
};

/** Everything promised is there, once, and the posterior is what the outcomes say. */
const expectWhole = ({ decisions, outcomes }: Promised): void =>
  withStore((controller) => {
    const stored = allPages((cursor) => controller.outcomes({ limit: 500, ...(cursor ? { cursor } : {}) }));
    const ids = stored.map(({ outcome_id }) => outcome_id);
    expect(new Set(ids).size).toBe(ids.length);
    const byId = new Map(stored.map((row) => [row.outcome_id, row.decision_id]));
    for (const [id, decision] of outcomes) expect(byId.get(id)).toBe(decision);
    const known = new Set(
      allPages((cursor) => controller.decisions({ limit: 500, ...(cursor ? { cursor } : {}) })).map(
        ({ decision_id }) => decision_id,
      ),
    );
    for (const id of decisions) expect(known).toContain(id);
    expect(controller.verify(scope)).toBeLessThan(1e-9);
    const learned = controller.presets(scope).reduce((sum, preset) => sum + preset.outcomes, 0);
    expect(learned).toBe(stored.length);
  });

const register = async ({ url }: GatewayProcess): Promise<void> => {
  for (const preset_id of ['a', 'b', 'c'])
    await post(`${url}/preset/register/hmm/BTCUSDT`, {
      preset_id,
      params: { threshold: 0.5, name: preset_id },
    });
};

describe('a gateway that is killed under load', () => {
  it('loses no acknowledged outcome or decision and counts none twice, five times over', async () => {
    const promised: Promised = { decisions: new Set(), outcomes: new Map() };
    for (let round = 0; round < 5; round++) {
      const gateway = await start();
      if (round === 0) await register(gateway);
      const engines = Array.from({ length: 12 }, () => trade(gateway.url, promised));
      await setTimeout(300 + 137 * round);
      gateway.child.kill('SIGKILL');
      await Promise.all([...engines, gateway.gone]);
      expectWhole(promised);
    }
    expect(promised.outcomes.size).toBeGreaterThan(100);
  }, 120_000);

  it('nor do two gateways over one store, one of which is killed while the other goes on', async () => {
    const promised: Promised = { decisions: new Set(), outcomes: new Map() };
    const [first, second] = [await start(), await start()];
    await register(first);
    const engines = [first, second].flatMap(({ url }) =>
      Array.from({ length: 6 }, () => trade(url, promised)),
    );
    await setTimeout(700);
    first.child.kill('SIGKILL');
    await first.gone;
    const before = promised.outcomes.size;
    await setTimeout(700);
    expect(promised.outcomes.size).toBeGreaterThan(before);
    second.child.kill('SIGKILL');
    await Promise.all([...engines, second.gone]);
    expectWhole(promised);
  }, 120_000);

  it('an outcome that was sent again after the crash counts once', async () => {
    const first = await start();
    await register(first);
    const outcome = { reward: 2, outcome_id: 'once' };
    const learn = (url: string) => post(`${url}/learn/outcome/hmm/BTCUSDT/a`, outcome);
    expect(await learn(first.url)).toEqual({ ok: true, duplicate: false });
    first.child.kill('SIGKILL');
    await first.gone;
    expect(await learn((await start()).url)).toEqual({ ok: true, duplicate: true });
    expect(withStore((controller) => controller.summary().outcomes)).toBe(1);
  }, 60_000);
});
