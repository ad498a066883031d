import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ifThere, writeSynced } from '../ledger/durable-file.ts';
import { SnapshotError } from './errors.ts';

const count = z.int().min(0);

const manifestSchema = z.strictObject({
  schema: z.literal('autotrain-snapshot/1'),
  name: z.string(),
  created_at: z.iso.datetime(),
  domain: z.string(),
  code_version: z.string(),
  node_version: z.string(),
  ledger: z.strictObject({
    epoch: count,
    watermarks: z.record(z.string(), z.int()),
    files: z.record(z.string(), count),
  }),
  /** What `current` pointed to by the ledger. */
  champion: z.string().nullable(),
  versions: z.array(z.strictObject({ version_id: z.string(), model_hash: z.string() })),
  parameter_store: z.boolean(),
  candles: z.strictObject({ archived_months: count, landed_files: count }),
  /** What the ledger knows and the disk did not have: it is missing in this snapshot too. */
  missing: z.array(z.string()),
  files: z.record(z.string(), z.strictObject({ sha256: z.string(), bytes: count })),
});

/** manifest.json: what a snapshot holds, with the hash of each of its other files by their path in it. */
export type Manifest = z.infer<typeof manifestSchema>;

export const manifestFiles = ['manifest.json', 'manifest.sha256'] as const;

const hashOfText = (text: string): string => createHash('sha256').update(text).digest('hex');

/** In pieces: the databases may be larger than the memory. */
export const hashOfFile = (path: string): { sha256: string; bytes: number } => {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(1 << 20);
  const descriptor = openSync(path, 'r');
  try {
    let bytes = 0;
    for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) {
      hash.update(piece.subarray(0, read));
      bytes += read;
    }
    return { sha256: hash.digest('hex'), bytes };
  } finally {
    closeSync(descriptor);
  }
};

/** The manifest's own hash lies beside it, so that a flipped byte in it is found as well. */
export const writeManifest = (folder: string, manifest: Manifest): void => {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  writeSynced(join(folder, 'manifest.json'), text);
  writeSynced(join(folder, 'manifest.sha256'), `${hashOfText(text)}\n`);
};

const readText = (folder: string, name: string): string => {
  const text = ifThere(() => readFileSync(join(folder, name), 'latin1'));
  if (text !== undefined) return text;
  throw new SnapshotError('Damaged', `${join(folder, name)} is missing`);
};

/** Throws `Damaged` when it was altered. */
export const readManifest = (folder: string): Manifest => {
  const [text, hash] = [readText(folder, 'manifest.json'), readText(folder, 'manifest.sha256')];
  const bytes = Buffer.from(text, 'latin1');
  if (hash !== `${createHash('sha256').update(bytes).digest('hex')}\n`)
    throw new SnapshotError('Damaged', `${folder}/manifest.json differs from its checksum`);
  const result = manifestSchema.safeParse(JSON.parse(bytes.toString('utf8')));
  if (result.success) return result.data;
  throw new SnapshotError('Damaged', `${folder}/manifest.json: ${z.prettifyError(result.error)}`);
};
