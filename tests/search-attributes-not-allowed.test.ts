import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectClient } from '../temporal/connect.ts';
import { retentionMs, retentionWarning, setRetention } from '../temporal/retention.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { createAuthority, readPair } from './support/certificates.ts';
import { startTlsFront } from './support/tls-front.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const dayMs = 86_400_000;

let folder: string;
let mayAll: Client;
const closing: (() => Promise<unknown>)[] = [];

/** A client of a namespace whose operator calls are closed: adding attributes, or looking at them as well. */
const restricted = async (denied: RegExp): Promise<Client> => {
  const authority = createAuthority(folder, 'operators');
  const front = await startTlsFront({
    ...{ address: temporal.address, denied },
    ...readPair(authority.sign('server', 'IP:127.0.0.1')),
  });
  const place = { ...temporal, address: `127.0.0.1:${front.port}`, tls: true, tlsCaFile: authority.caFile };
  const client = await connectClient(place);
  closing.push(front.stop, () => client.connection.close());
  return client;
};

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'autotrain-attributes-'));
  mayAll = await connectClient(temporal);
  closing.push(() => mayAll.connection.close());
});
afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

const problem = (client: Client): Promise<string> =>
  ensureSearchAttributes(client, temporal.namespace).then(
    () => 'none',
    (error: Error) => error.message,
  );

it('where they may not be created the start is refused with the commands; once they are there it goes on', async () => {
  const mayLook = await restricted(/AddSearchAttributes$/);
  const mayNothing = await restricted(/OperatorService/);
  for (const client of [mayLook, mayNothing]) {
    const said = await problem(client);
    expect(said).toContain('lacks the search attributes AutotrainSeries, AutotrainVersion');
    expect(said).toContain(
      `temporal operator search-attribute create --namespace ${temporal.namespace} --name AutotrainOutcome --type Keyword`,
    );
    expect(said).toContain('tcld namespace search-attributes add');
  }
  await ensureSearchAttributes(mayAll, temporal.namespace);
  expect([await problem(mayLook), await problem(mayNothing)]).toEqual(['none', 'none']);
});

it('retention is read and set, and what is unbounded, too short or too long is said', async () => {
  await setRetention(mayAll, temporal.namespace, 3 * dayMs);
  expect(await retentionMs(mayAll, temporal.namespace)).toBe(3 * dayMs);
  expect(retentionWarning(3 * dayMs, 'ours')).toBeUndefined();
  expect(retentionWarning(0, 'ours')).toMatch(/without end.*--namespace ours --retention/);
  expect(retentionWarning(dayMs / 24, 'ours')).toMatch(/forgets ended runs after 0.04 days/);
  expect(retentionWarning(400 * dayMs, 'ours')).toMatch(/400 days/);
});
