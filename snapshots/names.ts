import { readdirSync } from 'node:fs';
import { ifThere } from '../ledger/durable-file.ts';

/** `20260131T040500.123Z`: UTC, so that names sort by time. */
export const snapshotName = (atMs: number): string => new Date(atMs).toISOString().replaceAll(/[-:]/g, '');

const isName = (text: string): boolean => /^\d{8}T\d{6}\.\d{3}Z$/.test(text);

/** Oldest first. */
export const snapshotNames = (snapshotDir: string): string[] =>
  (ifThere(() => readdirSync(snapshotDir)) ?? []).filter(isName).sort();
