import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { openGateway } from '../api/gateway.ts';
import type { Config } from '../config.ts';
import type { ThreadDeps } from '../controller/thread/client.ts';
import { openLedger } from '../ledger/open.ts';
import { projectChampion } from '../registry/current.ts';
import { type Places, placesOf } from '../snapshots/places.ts';
import { restoreSnapshot } from '../snapshots/restore.ts';
import { takeSnapshot } from '../snapshots/take.ts';
import { verifySnapshot } from '../snapshots/verify.ts';
import { type Bar, noBar } from './progress.ts';

export interface Step {
  readonly step: 'snapshot' | 'verify' | 'restore' | 'predict' | 'rollback' | 'predict again';
  readonly ok: boolean;
  readonly ms: number;
  readonly detail: string;
}

export interface Rehearsal {
  readonly ok: boolean;
  readonly snapshot: string | null;
  readonly champion: string | null;
  readonly predecessor: string | null;
  readonly steps: readonly Step[];
}

/** The settings of a state of its own under `root`: nothing of it is where the live one is. */
const scratchConfig = (config: Config, root: string): Config => {
  const dataDir = path.join(root, 'ml');
  return {
    ...config,
    stateDir: root,
    paths: {
      ...config.paths,
      ...{ dataDir, landingDir: path.join(dataDir, 'incoming'), modelsDir: path.join(root, 'models') },
      ledgerFile: path.join(dataDir, 'manifest.sqlite'),
      controllerFile: path.join(dataDir, 'param_controller.sqlite'),
    },
    snapshots: { ...config.snapshots, dir: path.join(root, 'snapshots') },
    gateway: { ...config.gateway, host: '127.0.0.1', port: 0, compatPorts: [], requireAuth: false },
  };
};

interface Answer {
  readonly regime: string;
  readonly model_meta: { readonly version_id: string };
}

const ask = async (url: string, symbol: string): Promise<Answer> => {
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ symbol }),
  });
  const body = (await response.json()) as Answer & { detail?: string };
  if (response.ok) return body;
  throw new Error(`/predict of ${symbol} answered ${response.status}: ${body.detail ?? ''}`);
};

/** Symbols that the version has a model of: others it cannot answer for, restored or not. */
const predict = async (scratch: Config, version: string, threads: ThreadDeps): Promise<string> => {
  const gateway = await openGateway(scratch, pino({ level: 'silent' }), threads);
  try {
    const answers: string[] = [];
    for (const symbol of servedSymbols(scratch, version)) {
      const { regime, model_meta: meta } = await ask(gateway.url, symbol);
      if (meta.version_id !== version) throw new Error(`${meta.version_id} answered, not ${version}`);
      answers.push(`${symbol} ${regime}`);
    }
    if (answers.length === 0) throw new Error(`${version} has no model of any of SYMBOLS`);
    return `${version}: ${answers.join(', ')}`;
  } finally {
    await gateway.stop();
  }
};

const withLedger = <T>({ paths, domain }: Config, work: (ledger: ReturnType<typeof openLedger>) => T): T => {
  const ledger = openLedger({ path: paths.ledgerFile, domain });
  try {
    return work(ledger);
  } finally {
    ledger.close();
  }
};

const servedSymbols = (scratch: Config, version: string): string[] => {
  const served = withLedger(scratch, (ledger) => ledger.version(version)?.series ?? []);
  return scratch.series
    .filter(({ exchange, symbol, timeframe }) => served.includes(`${exchange}:${symbol}:${timeframe}`))
    .map(({ symbol }) => symbol);
};

const rollBack = (scratch: Config, to: string): string =>
  withLedger(scratch, (ledger) => {
    ledger.promote({
      ...{ versionId: to, kind: 'rollback', actor: 'rehearsal', reason: 'rehearsal', requestId: 'rehearsal' },
    });
    projectChampion({ ledger, modelsDir: scratch.paths.modelsDir });
    return `current points to ${to}`;
  });

const verified = ({ snapshotDir }: Places, name: string): string => {
  const { ok, files, bytes, problems } = verifySnapshot(snapshotDir, name);
  if (!ok) throw new Error(problems.map(({ file, problem }) => `${file}: ${problem}`).join('; '));
  return `${files} files, ${bytes} bytes`;
};

/** Without a predecessor two fewer. */
const allSteps = 6;

/** Runs steps until one fails: what comes after it would say nothing. */
const createScript = (bar: Bar) => {
  const steps: Step[] = [];
  const isOk = (): boolean => steps.every(({ ok }) => ok);
  const run = async (step: Step['step'], work: () => string | Promise<string>): Promise<void> => {
    if (!isOk()) return;
    const begun = performance.now();
    const took = (): number => Math.round(performance.now() - begun);
    try {
      const detail = await work();
      steps.push({ step, ok: true, ms: took(), detail });
    } catch (error) {
      steps.push({ step, ok: false, ms: took(), detail: (error as Error).message });
    }
    bar.at(steps.length, allSteps);
  };
  return { steps, run, isOk };
};

const play = async (config: Config, root: string, threads: ThreadDeps, bar: Bar): Promise<Rehearsal> => {
  const { steps, run, isOk } = createScript(bar);
  bar.at(0, allSteps);
  const scratch = scratchConfig(config, root);
  const places = placesOf(scratch);
  let name: string | null = null;
  let champion: string | null = null;
  let predecessor: string | null = null;
  await run('snapshot', async () => {
    const made = await takeSnapshot({
      places: { ...placesOf(config), snapshotDir: places.snapshotDir },
      atMs: Date.now(),
    });
    [name, champion] = [made.name, made.champion];
    if (champion === null) throw new Error('there is no champion yet: nothing could serve');
    return `${made.name}: ${made.versions.length} versions; missing: ${made.missing.join(', ') || 'nothing'}`;
  });
  await run('verify', () => verified(places, name!));
  await run('restore', () => {
    const done = restoreSnapshot({ places, name: name!, actor: 'rehearsal' });
    predecessor = withLedger(scratch, (ledger) => ledger.predecessor() ?? null);
    return `epoch ${done.epoch}, champion ${done.champion}`;
  });
  await run('predict', () => predict(scratch, champion!, threads));
  if (predecessor !== null) {
    await run('rollback', () => rollBack(scratch, predecessor!));
    await run('predict again', () => predict(scratch, predecessor!, threads));
  }
  return { ok: isOk(), snapshot: name, champion, predecessor, steps };
};

/**
 * Snapshot, restore into a scratch folder, predict through a gateway, roll back, predict again. The live state is read
 * only; the scratch folder goes. `threads`: tests run from source.
 */
export const rehearse = async (
  config: Config,
  threads: ThreadDeps = {},
  bar: Bar = noBar,
): Promise<Rehearsal> => {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'autotrain-rehearsal-')));
  try {
    return await play(config, root, threads, bar);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};

/** For people. */
export const describeRehearsal = ({ ok, predecessor, steps }: Rehearsal): string =>
  [
    ...steps.map(
      ({ step, ok: passed, ms, detail }) =>
        `${passed ? 'ok    ' : 'FAILED'} ${step.padEnd(14)} ${String(ms).padStart(6)} ms  ${detail}`,
    ),
    ...(ok && predecessor === null ? ['no predecessor yet: the rollback was not rehearsed'] : []),
    ok ? 'the state can be brought back' : 'the state could not be brought back: see above',
  ].join('\n');
