import type { Parse } from './parsers.ts';

const keyBytes = 32;

/** Buffer.from drops what it does not know, so only a text that comes back the same is taken. */
const bytesOf = (text: string): Buffer | undefined => {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === keyBytes && bytes.toString('base64') === text ? bytes : undefined;
};

/** A key of AES-256 as base64. A passphrase is refused: it can be guessed from what it encrypted. */
export const payloadKey: Parse<string> = (text) => {
  const bytes = bytesOf(text);
  if (bytes === undefined || new Set(bytes).size < 8) {
    throw new RangeError(
      `random keys of ${keyBytes} bytes in base64 or hex, separated by commas, the newest first: openssl rand -base64 ${keyBytes}`,
    );
  }
  return bytes.toString('base64');
};
