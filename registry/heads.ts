import { createHash } from 'node:crypto';
import { z } from 'zod';
import { RegistryError } from './errors.ts';
import type { HeadsFile, LineageHead, SeriesHead } from './head-file.ts';
import { headsFileSchema } from './head-schema.ts';
import { readHeadsText } from './store.ts';

/** What the ledger keeps of a head: sha256 of its JSON, in hex. */
export const headHashOf = (head: LineageHead): string =>
  createHash('sha256').update(JSON.stringify(head)).digest('hex');

const checked = (value: unknown, code: 'Invalid' | 'Corrupt', where: string): HeadsFile => {
  const result = headsFileSchema.safeParse(value);
  if (result.success) return value as HeadsFile;
  throw new RegistryError(code, `${where}: ${z.prettifyError(result.error)}`);
};

/** The bytes of heads.json. Throws `Invalid` for NaN, infinities and wrong shapes. */
export const serializeHeads = (series: Readonly<Record<string, SeriesHead>>): string => {
  const sorted = Object.fromEntries(Object.entries(series).sort(([a], [b]) => (a < b ? -1 : 1)));
  const file = checked({ schema: 'autotrain-heads/1', series: sorted }, 'Invalid', 'heads.json');
  return `${JSON.stringify(file)}\n`;
};

export interface HeadRequest {
  readonly modelsDir: string;
  readonly versionId: string;
  /** The series' key. */
  readonly series: string;
  /** From the ledger: an alteration of heads and metadata together is seen as well. */
  readonly expectedHeadHash?: string;
}

/** The head that a version holds for a series. Throws `NotFound`, `Corrupt`. */
export const readHead = (request: HeadRequest): SeriesHead => {
  const { modelsDir, versionId, series, expectedHeadHash } = request;
  return headIn(readHeadsText(modelsDir, versionId), series, expectedHeadHash);
};

/** Of heads.json's text. */
export const headIn = (
  { text, where }: ReturnType<typeof readHeadsText>,
  series: string,
  expectedHeadHash?: string,
): SeriesHead => {
  const found = checked(JSON.parse(text), 'Corrupt', where).series[series];
  if (!found) throw new RegistryError('NotFound', `${where} holds no head of ${series}`);
  if (expectedHeadHash === undefined || headHashOf(found.head) === expectedHeadHash) return found;
  throw new RegistryError('Corrupt', `${where}: the head of ${series} is not the one that the ledger knows`);
};
