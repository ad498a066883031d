import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { setup as prepare } from '../scripts/setup.mjs';
import { type ServerProcess, startServer } from './server-process.ts';

declare module 'vitest' {
  interface ProvidedContext {
    temporalAddress: string;
    workflowBundle: { code: string };
  }
}

const folder = fileURLToPath(new URL('.', import.meta.url));

/** A namespace per test file: nothing that one leaves in Temporal can reach another. */
const namespaces = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => name.slice(0, -'.test.ts'.length));

const bundle = () =>
  bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });

/** One Temporal server and one workflow bundle for all tests in this folder. */
export default async ({ provide }: TestProject): Promise<() => Promise<void>> => {
  const { temporalPath } = await prepare({ build: true, ownServer: true });
  const home = mkdtempSync(path.join(tmpdir(), 'autotrain-tests-'));
  const server: ServerProcess = await startServer({ program: temporalPath, home, namespaces: namespaces() });
  try {
    const { code } = await bundle();
    provide('temporalAddress', server.address);
    provide('workflowBundle', { code });
    return server.stop;
  } catch (error) {
    await server.stop();
    throw error;
  }
};
