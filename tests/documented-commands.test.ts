import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClock } from '../exchange/simulator/clock.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { type GatewayProcess, startGatewayProcess } from './processes/gateway-process.ts';
import { anchorMs, market } from './support/candles.ts';
import { blocksOf, inlineOf, pages, root, textOf } from './support/documents.ts';
import { openRig, type Rig } from './support/rig.ts';
import { trainAndPass } from './support/trainers.ts';
import { testTemporal } from './temporal-server.ts';

const blocks = pages.flatMap(blocksOf);
const run = blocks.filter(({ notRun }) => notRun === undefined);

/** Both ways to call it are one command; remarks and flags of output are none of it. */
const plain = (line: string): string =>
  line
    .replace('npm run autotrain --', 'npx autotrain')
    .replace(/ +#.*| --json$/, '')
    .trim();

const inBlocks = new Set(run.flatMap(({ script }) => script.split('\n').map(plain)));

/** Those in the text that are in no block, each once. */
const inline = pages
  .flatMap(inlineOf)
  .filter(({ notRun, script }) => notRun === undefined && !inBlocks.has(plain(script)))
  .filter(({ script }, at, all) => all.findIndex((other) => plain(other.script) === plain(script)) === at);

const temporal = testTemporal(import.meta.url);
let simulator: Simulator;
let rig: Rig;
let gateway: GatewayProcess;
let scratch: string;

/** A loop as a user has it after a while: candles, a champion, a snapshot. */
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'autotrain-commands-'));
  simulator = await startSimulator({ source: market, clock: createClock({ startMs: anchorMs }) });
  rig = await openRig(temporal, {
    trainer: trainAndPass,
    settings: { EXCHANGE_URL: simulator.url, START_TS: String(anchorMs - 600 * 60_000), SYMBOLS: 'BTC/USDT' },
  });
  await Promise.all([rig.startIngest(), rig.startTrain()]);
  await rig.training.ingestOnce({ until: 'now', wait: true });
  await rig.training.train({ wait: true });
  gateway = await startGatewayProcess(rig.env);
  expect(await execute('npx autotrain ledger snapshot')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await gateway?.stop();
  await rig?.close();
  await simulator?.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** A refusal is an exit code, as it is not by default; the set-up has been made. */
const preamble = (): string => `
  set -euo pipefail
  curl() { command curl -sS --fail-with-body --max-time 60 "$@"; }
  npx() { [ "\${1:-}" = autotrain ] || { echo "not a command of the tests: npx $*" >&2; return 1; }; shift; node '${root}/dist/cli/autotrain.js' "$@"; }
  npm() { [ "\${1:-} \${2:-} \${3:-}" = 'run autotrain --' ] || { echo "not a command of the tests: npm $*" >&2; return 1; }; shift 3; node '${root}/dist/cli/autotrain.js' "$@"; }
  cd '${scratch}'
`;

const here = (script: string): string => script.replaceAll('localhost:8000', new URL(gateway.url).host);

const execute = (script: string): Promise<{ readonly code: number; readonly said: string }> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: scratch, ...rig.env, AUTOTRAIN_URL: gateway.url };
    execFile('bash', ['-c', preamble() + here(script)], { env, timeout: 100_000 }, (error, stdout, stderr) =>
      resolve({
        code: error ? Number(error.code ?? 1) : 0,
        said: `${stdout.slice(-2_000)}\n${stderr.slice(-2_000)}`,
      }),
    );
  });

describe('commands of the documents', () => {
  it('every block of commands is run, or says above it why not', () => {
    expect(execFileSync('curl', ['--version'], { encoding: 'utf8' })).toContain('curl');
    // What the pattern does not see would silently not be run.
    const fences = pages.map((page) => textOf(page).match(/^ *```(sh|bash|shell|console)\b/gm) ?? []);
    expect(blocks.length).toBe(fences.flat().length);
    expect(run.length).toBeGreaterThanOrEqual(17);
  });

  it.each(run.map((block) => [`${block.page}:${block.line}`, block] as const))(
    '%s',
    async (_, { script }) => {
      const { code, said } = await execute(script);
      expect(code, said).toBe(0);
    },
  );
});

/** Words in capitals stand for what a loop has: those of this one. */
const filledIn = async (script: string): Promise<string> => {
  const first = async (path: string, key: string): Promise<string> => {
    const { data } = (await (await fetch(`${gateway.url}${path}`)).json()) as {
      data: Record<string, string>[];
    };
    return data[0]![key]!;
  };
  return script
    .replace('VERSION', await first('/models?limit=1', 'version_id'))
    .replace('DECISION_ID', await first('/decisions?limit=1', 'decision_id'))
    .replace('--strategy S --instrument I', '--strategy momentum_breakout --instrument BTCUSDT')
    .replace('TEXT', "'the test wants to see it'");
};

/** The commands after it want a loop that goes on. */
const undone = (script: string): string => {
  const [, what] = /autotrain kill (\w+)/.exec(script) ?? [];
  return what === undefined ? script : `${script}\nnpx autotrain resume ${what} --reason 'the test goes on'`;
};

describe('commands in the text of the documents', () => {
  it('are run, those of the runbook among them', () => {
    expect(inline.length).toBeGreaterThanOrEqual(12);
    expect(inline.filter(({ page }) => page.endsWith('runbook.md')).length).toBeGreaterThanOrEqual(5);
  });

  it.each(inline.map((one) => [`${one.page}:${one.line}: ${one.script}`, one] as const))(
    '%s',
    async (_, { script }) => {
      const { code, said } = await execute(undone(await filledIn(script)));
      expect(code, said).toBe(0);
    },
  );
});

describe('links of the documents', () => {
  it.each(pages)('%s points at what is there', (page) => {
    const text = textOf(page).replaceAll(/```[\s\S]*?```/g, '');
    const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)(?:#[^)]*)?\)/g)].map(
      ([, path]) => path!,
    );
    const missing = links.filter((path) => {
      const target = relative(root, join(root, dirname(page), path));
      return (
        !tracked.has(target) && ![...tracked].some((file) => file.startsWith(`${target.replace(/\/$/, '')}/`))
      );
    });
    expect(missing).toEqual([]);
  });
});

/** Files of the repository, new ones as well. */
const tracked = new Set(
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter(Boolean),
);
