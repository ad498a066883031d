import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runningServer, startTemporal, type TemporalServer } from '../cli/embedded/temporal-server.ts';
import { setup } from '../scripts/setup.mjs';

let stateDir: string;
let servers: TemporalServer[] = [];
beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), 'autotrain-empty-note-'));
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  servers = [];
  rmSync(stateDir, { recursive: true, force: true });
});

it('a start finds an empty note of a server, says so and starts one, which the next start finds', async () => {
  const { temporalPath: binary } = await setup({ ownServer: true });
  mkdirSync(path.join(stateDir, 'temporal'));
  writeFileSync(path.join(stateDir, 'temporal', 'server.json'), '');
  const said: string[] = [];
  const start = async (): Promise<TemporalServer> => {
    const place = { stateDir, namespace: 'default', retentionMs: 86_400_000 };
    const server = await startTemporal({
      ...{ binary, ...place, anyPorts: true },
      say: (line) => said.push(line),
    });
    servers.push(server);
    return server;
  };
  const first = await start();
  expect(first.reused).toBe(false);
  expect(said).toEqual([
    expect.stringMatching(/server\.json cannot be read \(it is empty\).*temporal\.db open, end it$/),
  ]);
  expect(runningServer(stateDir)?.address).toBe(first.address);
  const second = await start();
  expect([second.reused, second.address, said.length]).toEqual([true, first.address, 1]);
});
