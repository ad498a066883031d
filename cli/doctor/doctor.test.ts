import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { appWith } from '../../api/app.fixture.ts';
import { listen } from '../../api/listen.ts';
import { loadConfig } from '../../config.ts';
import { startProxy } from '../../exchange/proxy.fixture.ts';
import { simulatorFromConfig } from '../../exchange/simulator/from-config.ts';
import { openLedger } from '../../ledger/open.ts';
import { freePort } from '../../ports.ts';
import { autotrainCommand } from '../autotrain.ts';
import { checkDisk } from './disk.ts';
import { checkExchange } from './exchange.ts';
import { checkLedger } from './ledger.ts';
import { checkNode } from './node.ts';
import { checkPorts } from './ports.ts';
import { checkRights } from './rights.ts';
import { checkTemporal } from './temporal.ts';

const home = () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'autotrain-doctor-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

const envIn = (dir: string, more: Record<string, string> = {}) => ({
  ...{ STATE_DIR: dir, DATA_DIR: path.join(dir, 'ml'), MODELS_DIR: path.join(dir, 'models') },
  ...more,
});

const configIn = (dir: string, more: Record<string, string> = {}) => loadConfig(envIn(dir, more));

const listening = async () => {
  const server = createServer((_, response) => response.end('something else'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

describe('the command', () => {
  it('is 0 where a start has all it needs, before anything is stored', async () => {
    const env = envIn(home(), { PORT: String(await freePort()), TEMPORAL_ADDRESS: '' });
    const { code, text } = await autotrainCommand(['doctor', '--json'], env);
    const { ok, checks } = JSON.parse(text) as { ok: boolean; checks: { name: string; state: string }[] };
    expect(checks.filter(({ state }) => state === 'fail')).toEqual([]);
    expect({ ok, code }).toEqual({ ok: true, code: 0 });
    expect(new Set(checks.map(({ name }) => name))).toEqual(
      new Set(['node', 'settings', 'disk', 'rights', 'ledger', 'ports', 'temporal', 'exchange', 'clock']),
    );
  });

  it('is 1 on a failure, and says what to do', async () => {
    const taken = await listening();
    const { code, text } = await autotrainCommand(['doctor'], envIn(home(), { PORT: String(taken) }));
    expect(code).toBe(1);
    expect(text).toMatch(new RegExp(`FAIL {2}ports +PORT ${taken}.*\\n +→ end that program, or set PORT`));
    expect(text).toMatch(/1 must be mended/);
  });

  it('shows settings that cannot be used, and nothing of a secret', async () => {
    const env = { PORT: 'eight', JWT_SECRET: 'short-secret' };
    const { code, text } = await autotrainCommand(['doctor'], env);
    expect(code).toBe(1);
    expect(text).toContain('FAIL  settings  PORT="eight": allowed is');
    expect(text).not.toContain('short-secret');
  });
});

describe('what it finds', () => {
  it('an old Node', () => {
    expect(checkNode('20.18.3')).toMatchObject({ state: 'fail', advice: expect.stringContaining('20.19') });
    expect(checkNode('18.20.0').state).toBe('fail');
    expect(checkNode('20.19.0').state).toBe('ok');
    expect(checkNode('24.1.0').state).toBe('ok');
  });

  it('a disk that is nearly full, and one that is', () => {
    const config = configIn('/x', { ALERT_DISK_FREE_MB: '1000' });
    const statesAt = (megabytes: number) =>
      checkDisk(config, (folder) => ({
        ...folder,
        device: 1,
        freeBytes: megabytes * 2 ** 20,
        totalBytes: 2 ** 40,
      })).map(({ state }) => state);
    expect(statesAt(1_000)).toEqual(['ok', 'ok']);
    expect(statesAt(999)).toEqual(['warn', 'warn']);
    expect(statesAt(10)).toEqual(['fail', 'fail']);
  });

  it('folders that nobody can write: a file in the way, a system folder', () => {
    const dir = home();
    writeFileSync(path.join(dir, 'file'), '');
    const states = checkRights(
      configIn(dir, { DATA_DIR: path.join(dir, 'file', 'ml'), MODELS_DIR: '/proc/models' }),
    );
    expect(states.filter(({ state }) => state === 'fail').map(({ found }) => found)).toEqual([
      expect.stringMatching(/^DATA_LANDING .* is a file, not a folder/),
      expect.stringMatching(/^DATA_DIR .* is a file, not a folder/),
      expect.stringMatching(/^MODELS_DIR \/proc\/models cannot be written/),
      expect.stringMatching(/^SNAPSHOT_DIR /),
    ]);
    expect(checkRights(configIn(dir)).every(({ state }) => state === 'ok')).toBe(true);
  });

  it('a ledger of another domain, and one that is none', () => {
    const dir = home();
    const config = configIn(dir);
    expect(checkLedger(config)).toMatchObject({
      state: 'ok',
      found: expect.stringContaining('not made yet'),
    });
    mkdirSync(config.paths.dataDir);
    openLedger({ path: config.paths.ledgerFile, domain: 'production' }).close();
    expect(checkLedger(config).state).toBe('ok');
    expect(checkLedger(configIn(dir, { DOMAIN: 'research' }))).toMatchObject({
      state: 'fail',
      advice: expect.stringContaining('set DOMAIN'),
    });
    writeFileSync(path.join(dir, 'none.sqlite'), 'not a database, and longer than a header would have to be');
    expect(checkLedger(configIn(dir, { LEDGER_DB: path.join(dir, 'none.sqlite') }))).toMatchObject({
      state: 'fail',
      advice: expect.stringContaining('ledger restore'),
    });
  });

  it('a port that another program holds, and by whom; a gateway on it is no failure', async () => {
    const other = await listening();
    const gateway = await listen(appWith().app, { host: '127.0.0.1', ports: [0] });
    onTestFinished(() => gateway.stop());
    const ours = new URL(gateway.url).port;
    const config = configIn('/x', { PORT: ours, COMPAT_PORTS: `${other},${await freePort()}` });
    const [port, taken, free] = await checkPorts(config);
    expect(port).toMatchObject({ state: 'ok', found: expect.stringContaining('a gateway answers') });
    expect(taken).toMatchObject({
      state: 'fail',
      found: expect.stringMatching(new RegExp(`^COMPAT_PORTS ${other} .*pid ${process.pid} \\(`)),
    });
    expect(free?.state).toBe('ok');
  });

  it('a Temporal that is not there: its own is no failure, a named one is', async () => {
    const dir = home();
    const address = `127.0.0.1:${await freePort()}`;
    const named = configIn(dir, { TEMPORAL_ADDRESS: address });
    expect(await checkTemporal(named, 500)).toMatchObject({
      state: 'fail',
      found: expect.stringContaining(address),
    });
    const own = {
      ...named,
      explicit: new Set([...named.explicit].filter((name) => name !== 'TEMPORAL_ADDRESS')),
    };
    expect(await checkTemporal(own, 500)).toMatchObject({
      state: 'warn',
      advice: expect.stringContaining('npm start'),
    });
  });

  it('an exchange that does not answer, one that does, and a clock that is off', async () => {
    const dir = home();
    const nobody = configIn(dir, { EXCHANGE_URL: `http://127.0.0.1:${await freePort()}` });
    expect(await checkExchange(nobody, 2_000)).toMatchObject([{ state: 'fail' }, { state: 'warn' }]);
    const simulator = await simulatorFromConfig({
      ...{ simSeed: 1, anchorMs: Date.now(), symbols: ['BTC/USDT'], timeframe: '1h' as const },
    });
    onTestFinished(() => simulator.close());
    const there = configIn(dir, { EXCHANGE_URL: simulator.url });
    expect(await checkExchange(there, 5_000)).toMatchObject([{ state: 'ok' }, { state: 'ok' }]);
    const behind = () => Date.now() - 60_000;
    expect(await checkExchange(there, 5_000, behind)).toMatchObject([
      { name: 'exchange', state: 'ok' },
      { name: 'clock', state: 'fail', advice: expect.stringContaining('NTP') },
    ]);
  });

  it('an exchange behind a proxy: asked through it, and a proxy that refuses is named without its password', async () => {
    const simulator = await simulatorFromConfig({
      ...{ simSeed: 1, anchorMs: Date.now(), symbols: ['BTC/USDT'], timeframe: '1h' as const },
    });
    onTestFinished(() => simulator.close());
    const proxy = await startProxy();
    onTestFinished(() => proxy.close());
    const behind = (url: string) => configIn(home(), { EXCHANGE_URL: simulator.url, EXCHANGE_PROXY: url });
    expect(await checkExchange(behind(proxy.url), 5_000)).toMatchObject([{ state: 'ok' }, { state: 'ok' }]);
    expect(proxy.asked.length).toBeGreaterThan(0);
    const [refused] = await checkExchange(behind(proxy.url.replace('pass%20word', 'not-the-pass')), 5_000);
    expect(refused).toMatchObject({ name: 'exchange', state: 'fail' });
    expect(refused?.found).not.toContain('not-the-pass');
  });
});
