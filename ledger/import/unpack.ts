import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { LedgerError } from '../errors.ts';
import { systemCode } from '../storage-failure.ts';

/** More than this, unpacked, is refused: reading needs about three times as much memory as the text. */
export const mostFileBytes = 256 * 2 ** 20;

const refuse = (name: string, reason: string, cause?: unknown): never => {
  throw new LedgerError('CandleFileCorrupt', `${name}: ${reason}`, { cause });
};

const readAll = (descriptor: number, name: string): Buffer => {
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) refuse(name, 'it is no plain file');
  if (stat.size > mostFileBytes)
    refuse(name, `it has ${stat.size} bytes; ${mostFileBytes} are allowed, split it`);
  const bytes = Buffer.alloc(stat.size);
  let read = 0;
  for (let got = 1; got > 0 && read < bytes.length; read += got) {
    got = readSync(descriptor, bytes, read, bytes.length - read, read);
  }
  return bytes.subarray(0, read);
};

/** The bytes of a file from outside, bounded. Throws `CandleFileCorrupt`. */
export const readOutside = (path: string): Buffer => {
  try {
    const descriptor = openSync(path, 'r');
    try {
      return readAll(descriptor, path);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    return refuse(path, `it cannot be read [${systemCode(error) ?? 'unknown'}]`, error);
  }
};

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Gzip is told by its first bytes, not by the name. A damaged one is refused whole: its sum says that bytes are wrong, not which. */
export const unpack = (bytes: Buffer, name: string): Buffer => {
  if (!isGzip(bytes)) {
    return name.endsWith('.gz') && bytes.length > 0
      ? refuse(name, 'it is called .gz but is no gzip file')
      : bytes;
  }
  try {
    return gunzipSync(bytes, { maxOutputLength: mostFileBytes });
  } catch (error) {
    if (systemCode(error) === 'ERR_BUFFER_TOO_LARGE') {
      return refuse(name, `it unpacks to more than ${mostFileBytes} bytes; split it`, error);
    }
    return refuse(name, 'it is not a whole, undamaged gzip file', error);
  }
};
