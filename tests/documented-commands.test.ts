import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClock } from '../exchange/simulator/clock.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { type GatewayProcess, startGatewayProcess } from './processes/gateway-process.ts';
import { anchorMs, market } from './support/candles.ts';
import { openRig, type Rig } from './support/rig.ts';
import { trainAndPass } from './support/trainers.ts';
import { testTemporal } from './temporal-server.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Pages whose commands need what no test machine has. */
const notRunPages: Readonly<Record<string, string>> = {
  'docs/how-to/run-with-compose.md': 'Docker; the files are checked by ops/',
  'docs/how-to/run-with-systemd.md': 'systemd and root; the units are checked by ops/',
  'docs/how-to/trace-a-retrain.md': 'a collector of traces; tests/ follow a request into its activities',
};

const pages = [
  'README.md',
  'clients/python/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].sort();

interface Block {
  readonly page: string;
  readonly line: number;
  readonly script: string;
  /** Why it is not run; undefined: it is. */
  readonly notRun: string | undefined;
}

const fence = /^(?: *<!-- not run: (?<reason>.{8,}?) -->\n)? *```sh\n(?<script>[\s\S]*?)\n *```$/gm;

const blocksOf = (page: string): Block[] => {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(fence)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length,
    script: match.groups!['script']!,
    notRun: match.groups!['reason'] ?? notRunPages[page],
  }));
};

const blocks = pages.flatMap(blocksOf);
const run = blocks.filter(({ notRun }) => notRun === undefined);

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
    const fences = pages.map(
      (page) => readFileSync(join(root, page), 'utf8').match(/^ *```(sh|bash|shell|console)\b/gm) ?? [],
    );
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

describe('links of the documents', () => {
  it.each(pages)('%s points at what is there', (page) => {
    const text = readFileSync(join(root, page), 'utf8').replaceAll(/```[\s\S]*?```/g, '');
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
