import { eq } from 'drizzle-orm';
import { seriesKey } from '../series.ts';
import { raise } from './alerts.ts';
import { record } from './audit.ts';
import { openClaim } from './claim-rows.ts';
import type { Store, Writer } from './database.ts';
import { LedgerError } from './errors.ts';
import { type FileRow, seriesOfFile } from './file-rows.ts';
import { fileById } from './files.ts';
import { recordLostCopies } from './lost-copies.ts';
import { files } from './schema/files.ts';

/** The audit entry of each, the alert, and the gaps that they leave; they are set aside, with their `quarantineReason`. */
export const recordQuarantined = (tx: Writer, quarantined: readonly FileRow[], now: number): void => {
  for (const file of quarantined) {
    const { quarantineReason: reason, path } = file;
    const series = seriesKey(seriesOfFile(file));
    const detail = { reason, series, path };
    record(tx, now, { actor: 'ledger', action: 'file.quarantine', subject: file.fileId, detail });
    const message = `a file of ${series} was put aside: ${reason}`;
    raise(tx, now, {
      kind: 'quarantine',
      subject: series,
      message,
      detail: { ...detail, file: file.fileId },
    });
  }
  recordLostCopies(tx, quarantined, now);
};

/** Puts a file aside for good, with the reason, wherever it stands. */
export const quarantineFile = (tx: Writer, file: FileRow, reason: string, now: number): void => {
  tx.update(files)
    .set({ status: 'quarantined', quarantineReason: reason, leaseUntil: null })
    .where(eq(files.fileId, file.fileId))
    .run();
  recordQuarantined(tx, [{ ...file, quarantineReason: reason }], now);
};

interface Quarantine {
  readonly fileId: string;
  /** Given when the file was found bad under a claim: then only the newest fence of the claim may do it. */
  readonly claimId?: number;
  readonly reason: string;
}

const requireHeldBy = (tx: Writer, file: FileRow, claimId: number): void => {
  if (file.status === 'processing' && file.claimFence === openClaim(tx, claimId).fence) return;
  throw new LedgerError('Fenced', `claim ${claimId} does not hold the file ${file.fileId}`);
};

const quarantine = (tx: Writer, { fileId, claimId, reason }: Quarantine, now: number): void => {
  const file = fileById(tx, fileId);
  if (!file) throw new LedgerError('NotFound', `no file ${fileId}`);
  if (file.status === 'quarantined') return;
  if (file.status === 'deleted') throw new LedgerError('Conflict', `the file ${fileId} is deleted`);
  if (claimId !== undefined) requireHeldBy(tx, file, claimId);
  quarantineFile(tx, file, reason, now);
};

export const quarantineStore = ({ write, now }: Store) => ({
  /** Puts a bad file aside with its reason; the others of its claim go on. Repeating it is harmless. */
  quarantine: (request: Quarantine): void => write((tx) => quarantine(tx, request, now())),
});
