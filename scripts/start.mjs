import { setupOrExit } from './setup.mjs';

const { temporalPath } = await setupOrExit();
if (temporalPath !== undefined) process.env.TEMPORAL_CLI_PATH = temporalPath;
await import('../dist/cli/start.js');
