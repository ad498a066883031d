import type { ImportedFile } from '../ledger/import/import-file.ts';
import type { ImportReport } from './import.ts';

/** More lines than these are counted, not printed; --json has them. */
const mostLines = 20;

const day = (timeMs: number | undefined): string =>
  timeMs === undefined ? '-' : new Date(timeMs).toISOString().slice(0, 16);

const listed = (lines: readonly { line: number; reason: string }[], what: string): string[] => {
  const shown = lines.slice(0, mostLines).map(({ line, reason }) => `  ${what} line ${line}: ${reason}`);
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, `  … and ${more} more`] : shown;
};

const head = (file: ImportedFile): string => {
  const { outcome, reason, accepted, stored, rows } = file;
  if (outcome === 'empty') return `${file.file}: no rows`;
  const quarantine = file.quarantined ? ` (quarantined as ${file.quarantined.slice(0, 12)})` : '';
  if (outcome === 'refused') return `${file.file}: REFUSED, ${reason}${quarantine}`;
  const range = `${day(file.fromMs)} … ${day(file.toMs)}`;
  return `${file.file}: ${accepted} candles of ${rows} rows, ${range}; ${stored} are new, in ${file.files} files`;
};

const notes = ({ duplicates, outOfOrder, gaps }: ImportedFile): string[] => {
  const missing = gaps.reduce((sum, gap) => sum + gap.missing, 0);
  return [
    ...(duplicates.exact > 0 ? [`  ${duplicates.exact} rows repeat another`] : []),
    ...(duplicates.conflicting > 0 ? [`  ${duplicates.conflicting} rows were replaced by a later one`] : []),
    ...(outOfOrder > 0 ? [`  ${outOfOrder} rows out of order were sorted`] : []),
    ...(gaps.length > 0 ? [`  ${gaps.length} gaps, ${missing} candles missing`] : []),
  ];
};

/** For people. */
export const describeImport = (report: ImportReport): string => {
  const lines = report.files.flatMap((file) => [
    head(file),
    ...notes(file),
    ...listed(file.refused, 'refused'),
    ...listed(file.outliers, 'outlier'),
  ]);
  const end = `${report.series}: ${report.accepted} candles accepted, ${report.stored} new; ${report.refusedRows} rows and ${report.refusedFiles} files refused`;
  return [...lines, report.dryRun ? `${end}; nothing was written` : end].join('\n');
};
