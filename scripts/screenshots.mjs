/**
 * `npm run screenshots -- --out DIR [--json]`: every view of the dashboard as PNG, wide in light and dark, and as on a
 * phone, of a whole loop that runs for it on a state of its own.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { say } from './run.mjs';
import { fill } from './screenshots/fill.mjs';
import { shoot } from './screenshots/shoot.mjs';
import { setupOrExit } from './setup.mjs';

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'screenshots' }, json: { type: 'boolean', default: false } },
});
const out = resolve(values.out);

/** Always the same market; ingest and training happen when the filling says so. */
const settings = (stateDir, temporalPath) => ({
  STATE_DIR: stateDir,
  ...{ PORT: '0', SIM_SEED: '7', BATCH_LIMIT: '1000', LOG_LEVEL: 'error', PAPER_ENGINE: 'false' },
  ...{ TRAIN_MIN_POINTS: '2000', INGEST_CRON: '0 0 1 1 *', RETRAIN_CRON: '0 */6 * * *' },
  ...(temporalPath === undefined ? {} : { TEMPORAL_CLI_PATH: temporalPath }),
});

const startLoop = async (stateDir, temporalPath) => {
  Object.assign(process.env, settings(stateDir, temporalPath));
  const { loadConfig } = await import('../dist/config.js');
  const { startStack } = await import('../dist/cli/embedded/stack.js');
  const config = loadConfig(process.env, { embedded: true });
  return startStack(config, { once: false, say });
};

const { temporalPath } = await setupOrExit({ ownServer: true });
const stateDir = mkdtempSync(join(tmpdir(), 'autotrain-screenshots-'));
delete process.env.TEMPORAL_ADDRESS;
const stack = await startLoop(stateDir, temporalPath);
try {
  mkdirSync(out, { recursive: true });
  await fill(stack.gatewayUrl, say);
  const { files, firstPaintMs } = await shoot(stack.gatewayUrl, out);
  say(`first contentful paint ${firstPaintMs} ms`);
  process.stdout.write(
    values.json ? `${JSON.stringify({ files, first_paint_ms: firstPaintMs })}\n` : `${files.join('\n')}\n`,
  );
} catch (error) {
  say(`screenshots: ${error.message}`);
  process.exitCode = 1;
} finally {
  await stack.stop();
  rmSync(stateDir, { recursive: true, force: true });
}
process.exit();
