import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { ifThere, syncDirectory, writeDurably } from '../ledger/durable-file.ts';
import { restoreJournal } from '../ledger/in-use.ts';
import { moveSchema } from './moves.ts';

const journalSchema = z.strictObject({
  schema: z.literal('autotrain-restore/1'),
  snapshot: z.string(),
  created_at: z.iso.datetime(),
  domain: z.string(),
  modelsDir: z.string(),
  epoch: z.int(),
  claimsEnded: z.int(),
  filesRequeued: z.int(),
  /** In words; a journal of before has none. */
  kills: z.strictObject({ kept: z.array(z.string()), unknown: z.array(z.string()) }).optional(),
  moves: z.array(moveSchema),
});

/** What a restore will do, written when everything is staged: from then on it is carried out, whatever happens. */
export type Journal = z.infer<typeof journalSchema>;

export const writeJournal = (ledgerFile: string, journal: Journal): void =>
  writeDurably(restoreJournal(ledgerFile), `${JSON.stringify(journal, null, 2)}\n`);

export const readJournal = (ledgerFile: string): Journal | undefined => {
  const text = ifThere(() => readFileSync(restoreJournal(ledgerFile), 'utf8'));
  return text === undefined ? undefined : journalSchema.parse(JSON.parse(text));
};

export const removeJournal = (ledgerFile: string): void => {
  rmSync(restoreJournal(ledgerFile), { force: true });
  syncDirectory(dirname(ledgerFile));
};
