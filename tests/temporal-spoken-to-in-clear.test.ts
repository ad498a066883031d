import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectClient } from '../temporal/connect.ts';
import { connectionOptions, type TemporalPlace } from '../temporal/connection-options.ts';
import { janitorId, taskQueues } from '../workflows/ids.ts';
import { createAuthority, type Pair, readPair } from './support/certificates.ts';
import { openRig } from './support/rig.ts';
import { startTlsFront } from './support/tls-front.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const apiKey = 'a-key-of-temporal-cloud';

let folder: string;
let ours: ReturnType<typeof createAuthority>;
let foreign: ReturnType<typeof createAuthority>;
let server: Pair;
let client: Pair;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'autotrain-tls-'));
  ours = createAuthority(folder, 'ours');
  foreign = createAuthority(folder, 'foreign');
  server = ours.sign('server', 'IP:127.0.0.1');
  client = ours.sign('client', 'DNS:worker.test');
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Front = Partial<Parameters<typeof startTlsFront>[0]>;

const front = async (options: Front = {}): Promise<TemporalPlace> => {
  const started = await startTlsFront({ address: temporal.address, ...readPair(server), ...options });
  closing.push(started.stop);
  return { address: `127.0.0.1:${started.port}`, namespace: temporal.namespace, tls: true };
};

const connected = async (place: TemporalPlace): Promise<string | undefined> => {
  const { connection } = await connectClient(place);
  closing.push(() => connection.close());
  const { namespaceInfo } = await connection.workflowService.describeNamespace({
    namespace: place.namespace,
  });
  const native = await NativeConnection.connect(connectionOptions(place));
  closing.push(() => native.close());
  return namespaceInfo?.name ?? undefined;
};

const refused = (place: TemporalPlace): Promise<string> =>
  connectClient(place, { timeoutMs: 2_000 }).then(
    () => 'connected',
    (error: Error) => error.message,
  );

describe('a Temporal behind TLS', () => {
  it('is reached by clients and workers that know its authority; a whole workflow runs', async () => {
    const { address } = await front();
    const settings = { TEMPORAL_ADDRESS: address, TEMPORAL_TLS_CA: ours.caFile };
    const rig = await openRig(temporal, { settings });
    closing.push(rig.close);
    await rig.startTrain();
    const request = { workflowId: janitorId, taskQueue: taskQueues.train, args: [] };
    expect(await rig.client.workflow.execute('janitor', request)).toMatchObject({ requeued: 0 });
  });

  it('with a certificate of another authority is refused, and the reason is said', async () => {
    const place = await front();
    expect(await refused({ ...place, tlsCaFile: foreign.caFile })).toMatch(/certificate.*TEMPORAL_TLS_CA/);
    expect(await refused(place)).toMatch(/certificate.*TEMPORAL_TLS_CA/);
  });

  it('under another name than its certificate has is refused, unless that name is given', async () => {
    const named = ours.sign('named', 'DNS:temporal.test');
    const place = { ...(await front(readPair(named))), tlsCaFile: ours.caFile };
    expect(await refused(place)).toMatch(/does not match certificate/);
    expect(await connected({ ...place, tlsServerName: 'temporal.test' })).toBe(temporal.namespace);
  });

  it('that is spoken to in clear says which setting to look at', async () => {
    expect(await refused({ ...(await front()), tls: false })).toMatch(/TEMPORAL_TLS/);
  });

  it('that demands a certificate lets in who has one, and says why to who has none', async () => {
    const place = { ...(await front({ clientCa: readFileSync(ours.caFile) })), tlsCaFile: ours.caFile };
    const pair = { tlsCertFile: client.cert, tlsKeyFile: client.key };
    expect(await connected({ ...place, ...pair })).toBe(temporal.namespace);
    expect(await refused(place)).toMatch(/certificate required.*TEMPORAL_TLS_CERT/);
    const stranger = foreign.sign('stranger', 'DNS:stranger.test');
    const wrong = { tlsCertFile: stranger.cert, tlsKeyFile: stranger.key };
    expect(await refused({ ...place, ...wrong })).toMatch(/certificate.*TEMPORAL_TLS_CERT/);
    expect(await refused({ ...place, ...pair, tlsCertFile: '/nowhere.pem' })).toMatch(
      /TEMPORAL_TLS_CERT=\/nowhere.pem cannot be read/,
    );
  });

  it('that demands an API key gets it from clients and workers', async () => {
    const place = { ...(await front({ apiKey })), tlsCaFile: ours.caFile };
    expect(await connected({ ...place, apiKey })).toBe(temporal.namespace);
    expect(await refused({ ...place, apiKey: 'another-key-of-somebody' })).toMatch(
      /unauthorized.*TEMPORAL_API_KEY/,
    );
  });
});
