import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openController } from '../controller/open.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { Sqlite } from '../sqlite.ts';
import type { AuditVerdict } from './verify.ts';

const dayMs = 86_400_000;

let home: string;
let now: number;
const folder = (): string => path.join(home, 'audit');
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'autotrain-audit-'));
  now = Date.UTC(2024, 0, 1);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Two logs, one chain: each test runs on both. */
const ledgerLog = () => {
  const file = path.join(home, 'ledger.sqlite');
  const ledger = openLedger({ path: file, domain: 'production', clock: () => now });
  const add = (count: number): void => {
    for (let i = 0; i < count; i += 1)
      ledger.audit({ actor: 'test', action: 'act', subject: `subject ${i}`, detail: { i, note: 'ä"\n' } });
  };
  const { verifyAudit, rotateAudit, close } = ledger;
  return { file, add, close, verify: () => verifyAudit(folder()), rotate: rotateAudit };
};

const controllerLog = () => {
  const file = path.join(home, 'store.sqlite');
  const settings = { seed: 1, epsilon: 0, l2: 1, maxPresets: 12, decisionTtlMs: 1_000, schemas: new Map() };
  const controller = openController({ path: file, ...settings, clock: () => now });
  const add = (count: number): void => {
    for (let i = 0; i < count; i += 1)
      if (i % 2 === 0) controller.kill({ state: 'HALTED', actor: 'test', reason: `reason ${i}` });
      else controller.resume({ actor: 'test', reason: `reason ${i}` });
  };
  const { verifyAudit, rotateAudit, close } = controller;
  return { file, add, close, verify: () => verifyAudit(folder()), rotate: rotateAudit };
};

/** What somebody with a copy of sqlite3 can do: rules are triggers, and those can be dropped. */
const tamper = (file: string, ...statements: readonly string[]): void => {
  const database = new Sqlite(file);
  database.exec('DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_deleted');
  for (const statement of statements) database.exec(statement);
  database.close();
};

const harms: readonly (readonly [string, string, RegExp])[] = [
  ['altered', "UPDATE audit SET actor = 'nobody' WHERE seq = 4", /row 4 does not follow/],
  ['removed', 'DELETE FROM audit WHERE seq = 4', /rows 4 to 4 are missing/],
  ['removed at the end', 'DELETE FROM audit WHERE seq >= 9', /rows 9 to 10 are missing at the end/],
  [
    'put elsewhere',
    'UPDATE audit SET seq = 100 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 100',
    /row 4 does not follow/,
  ],
  ['left without its hash', "UPDATE audit SET hash = '' WHERE seq = 4", /row 4 holds no hash/],
];

describe.each([
  ['ledger', ledgerLog],
  ['parameter store', controllerLog],
] as const)('the audit log of the %s', (_, open) => {
  it('is a chain that holds, and goes on when it is opened again', () => {
    const log = open();
    log.add(4);
    log.close();
    const again = open();
    again.add(3);
    expect(again.verify()).toEqual({ ok: true, rows: 7, unchained: 0, segments: 0, problems: [] });
    again.close();
  });

  it.each(harms)('shows a row that was %s', (_what, statement, told) => {
    const log = open();
    log.add(10);
    tamper(log.file, statement);
    const { ok, problems } = log.verify();
    expect(ok).toBe(false);
    expect(problems[0]).toMatch(told);
    log.close();
  });

  it('moves old rows to compressed files with the link kept, and goes on behind them', () => {
    const log = open();
    log.add(6);
    now += 100 * dayMs;
    log.add(4);
    const beforeMs = now - 90 * dayMs;
    expect(log.rotate({ folder: folder(), beforeMs, mostRows: 4 })).toBe(4);
    expect(log.rotate({ folder: folder(), beforeMs, mostRows: 4 })).toBe(2);
    expect(log.rotate({ folder: folder(), beforeMs })).toBe(0);
    now += 200 * dayMs;
    expect(log.rotate({ folder: folder(), beforeMs: now })).toBe(4);
    log.add(1);
    const whole: AuditVerdict = { ok: true, rows: 11, unchained: 0, segments: 3, problems: [] };
    expect(log.verify()).toEqual(whole);
    log.close();

    const [first = '', second = ''] = readdirSync(folder()).sort();
    const bytes = readFileSync(path.join(folder(), second));
    bytes[bytes.length - 9]! ^= 1;
    writeFileSync(path.join(folder(), second), bytes);
    rmSync(path.join(folder(), first));
    const again = open();
    expect(again.verify().problems).toEqual([
      expect.stringMatching(/ENOENT/),
      expect.stringMatching(/is not what was written/),
    ]);
    again.close();
  });
});

it('rows from before there was a chain are vouched for by the first one after them', () => {
  const log = ledgerLog();
  const database = new Sqlite(log.file);
  for (let i = 0; i < 3; i += 1)
    database.exec(`INSERT INTO audit (at, actor, action, subject) VALUES (${i}, 'older', 'act', 'subject')`);
  database.close();
  log.add(2);
  expect(log.verify()).toMatchObject({ ok: true, rows: 5, unchained: 3 });
  tamper(log.file, "UPDATE audit SET actor = 'nobody' WHERE seq = 2");
  expect(log.verify().problems).toEqual([expect.stringMatching(/row 4 does not follow/)]);
  log.close();
});

it('a crash between the file and the rows that leave loses none, and a row leaves for a segment alone', () => {
  const file = path.join(home, 'ledger.sqlite');
  const ledger: Ledger = openLedger({ path: file, domain: 'production', clock: () => now });
  ledger.audit({ actor: 'test', action: 'act', subject: 'one' });
  now += dayMs;
  const died = (): void =>
    ledger.exclusively(() => {
      ledger.rotateAudit({ folder: folder(), beforeMs: now });
      throw new Error('died before the commit');
    });
  expect(died).toThrow('died');
  expect(readdirSync(folder())).toHaveLength(1);
  expect(ledger.verifyAudit(folder())).toMatchObject({ ok: true, rows: 1, segments: 0 });
  expect(ledger.rotateAudit({ folder: folder(), beforeMs: now })).toBe(1);
  expect(readdirSync(folder())).toHaveLength(1);
  expect(ledger.verifyAudit(folder())).toMatchObject({ ok: true, rows: 1, segments: 1 });
  ledger.audit({ actor: 'test', action: 'act', subject: 'two' });
  ledger.close();
  const database = new Sqlite(file);
  expect(() => database.exec('DELETE FROM audit')).toThrow(/append-only/);
  expect(() => database.exec('DELETE FROM audit_segments')).toThrow(/append-only/);
  database.close();
});
