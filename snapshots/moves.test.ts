import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Crash, crashAt } from '../ledger/ledger.fixture.ts';
import { carryOut, keptAside } from './moves.ts';

const setUp = () => {
  const dir = mkdtempSync(join(tmpdir(), 'autotrain-moves-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const at = (name: string): string => join(dir, name);
  const write = (name: string, text: string): void => writeFileSync(at(name), text);
  const read = (name: string): string => readFileSync(at(name), 'utf8');
  const move = { staged: at('new'), target: at('live'), aside: at('old') };
  return { move, at, write, read };
};

const nothing = (): void => {};

test('a database that somebody made when the old one was aside: both are kept', () => {
  const { move, at, write, read } = setUp();
  write('live', 'the state');
  write('live-wal', 'its log');
  write('new', 'restored');
  expect(() => carryOut(move, crashAt('restore:aside', 1))).toThrow(Crash);
  write('live', 'made meanwhile');
  write('live-wal', 'log of that');
  carryOut(move, nothing);
  expect([read('live'), read('old'), read('old-wal')]).toEqual(['restored', 'the state', 'its log']);
  expect([read('old-2'), read('old-2-wal')]).toEqual(['made meanwhile', 'log of that']);
  expect(existsSync(at('live-wal'))).toBe(false);
  expect(keptAside(move)).toEqual([at('old'), at('old-2')]);
});

test('a folder that somebody made when the old one was aside: both are kept', () => {
  const { move, at, write, read } = setUp();
  for (const name of ['live', 'new']) mkdirSync(at(name));
  write('live/a', 'the state');
  write('new/a', 'restored');
  expect(() => carryOut(move, crashAt('restore:aside', 1))).toThrow(Crash);
  mkdirSync(at('live'));
  write('live/b', 'made meanwhile');
  carryOut(move, nothing);
  expect([read('live/a'), read('old/a'), read('old-2/b')]).toEqual([
    'restored',
    'the state',
    'made meanwhile',
  ]);
});

test('a log of SQLite that is aside already is not replaced by one that was made since', () => {
  const { move, write, read } = setUp();
  write('old-wal', 'its log, moved before the crash');
  write('live', 'the state');
  write('live-wal', 'made by a look at it');
  write('new', 'restored');
  carryOut(move, nothing);
  expect([read('live'), read('old'), read('old-wal')]).toEqual([
    'restored',
    'the state',
    'its log, moved before the crash',
  ]);
  expect(read('old-wal-2')).toBe('made by a look at it');
});

test('repeated when it is done, it changes nothing', () => {
  const { move, write, read } = setUp();
  write('live', 'the state');
  write('new', 'restored');
  carryOut(move, nothing);
  carryOut(move, nothing);
  expect([read('live'), read('old')]).toEqual(['restored', 'the state']);
});
