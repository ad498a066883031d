import { LedgerError } from './errors.ts';

const unwritable =
  /^(SQLITE_(FULL|READONLY|CANTOPEN|IOERR|PERM|BUSY|LOCKED|NOTADB|CORRUPT)|ENOSPC|EDQUOT|EFBIG|EROFS|EACCES|EPERM|EIO)/;

const hints: readonly (readonly [RegExp, string])[] = [
  [/^(SQLITE_FULL|ENOSPC|EDQUOT|EFBIG)/, 'the disk is full'],
  [
    /^(SQLITE_READONLY|EROFS|EACCES|EPERM|SQLITE_PERM)/,
    'it cannot be written to (read-only, or no permission)',
  ],
  [/^SQLITE_CANTOPEN/, 'it cannot be opened (does the directory exist, and is it writable?)'],
  [/^SQLITE_(BUSY|LOCKED)/, 'another process holds its lock for too long'],
  [/^SQLITE_(NOTADB|CORRUPT)/, 'it is not a sound SQLite database'],
  [/./, 'the disk reports an error'],
];

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** The code of a system or SQLite error, however deeply drizzle wrapped it. */
export const systemCode = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  const code = codeOf(error);
  return code && unwritable.test(code) ? code : (systemCode(error.cause) ?? code);
};

/** Turns "disk full", "read-only" and the like into one typed error that names the place; leaves all else. */
export const asStorageFailure = (error: unknown, place: string): unknown => {
  const code = systemCode(error);
  if (error instanceof LedgerError || code === undefined || !unwritable.test(code)) return error;
  const hint = hints.find(([pattern]) => pattern.test(code))?.[1];
  return new LedgerError('StorageUnavailable', `${place}: ${hint} [${code}]; nothing was stored`, {
    cause: error,
  });
};
