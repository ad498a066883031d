import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const folder = new URL('../histories/', import.meta.url);
const root = fileURLToPath(new URL('../../', import.meta.url));

export interface HistoryFile {
  readonly name: string;
  /** As `historyToJSON` writes it. */
  readonly history: { readonly events: readonly Readonly<Record<string, unknown>>[] };
}

export const historyFiles = (): HistoryFile[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({
      name: name.slice(0, -'.json'.length),
      history: JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as HistoryFile['history'],
    }));

export const forgetHistories = (): void => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
};

/** Process and host of whoever recorded it, alone or as part of a sticky queue's name. */
const identity = /\d+@[\w.-]+/g;

const scrubbed = (key: string, value: unknown): unknown => {
  if (key === 'stackTrace' || key === 'buildId') return '';
  return typeof value === 'string' ? value.replace(identity, 'recorder') : value;
};

/** Payloads are in base64: a path inside one is found as well. */
const demandNothingOfThisMachine = (name: string, text: string): void => {
  const payloads = [...text.matchAll(/"data": ?"([^"]*)"/g)].map(([, data]) =>
    Buffer.from(data ?? '', 'base64').toString('utf8'),
  );
  for (const secret of [root, hostname(), '/tmp/', process.env['HOME'] ?? root])
    for (const found of [text, ...payloads])
      if (found.includes(secret)) throw new Error(`${name} holds ${secret}: ${found.slice(0, 500)}`);
};

export const saveHistory = async (name: string, handle: WorkflowHandle): Promise<void> => {
  const { events } = JSON.parse(historyToJSON(await handle.fetchHistory())) as HistoryFile['history'];
  const lines = events.map((event) => JSON.stringify(event, scrubbed));
  const text = `{"events":[\n${lines.join(',\n')}\n]}\n`;
  demandNothingOfThisMachine(name, text);
  writeFileSync(new URL(`${name}.json`, folder), text);
};
