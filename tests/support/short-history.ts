import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setup } from '../../scripts/setup.mjs';
import { type ServerProcess, startServer } from '../server-process.ts';

/** A Temporal server of its own that suggests after a few events what others suggest after 4,096: to continue as new. */
export const startShortHistoryServer = async (namespace: string): Promise<ServerProcess> => {
  const { temporalPath } = await setup({ build: false, ownServer: true });
  return await startServer({
    program: temporalPath,
    home: mkdtempSync(path.join(tmpdir(), 'autotrain-short-history-')),
    namespaces: [namespace],
    settings: ['limit.historyCount.suggestContinueAsNew=30'],
  });
};
