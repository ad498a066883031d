import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Parse } from './parsers.ts';

const leastBits = 2048;
const allowed =
  `the PEM text of an RSA public key of ${leastBits} bits or more, begun by -----BEGIN PUBLIC KEY----- (line ends ` +
  'may be written \\n), or the path of a file that holds it';

const refuse = (): never => {
  throw new RangeError(allowed);
};

const isPem = (text: string) => text.startsWith('-----BEGIN ');

/** A file is read once, at the start. */
const pemOf = (text: string): string => {
  if (isPem(text)) return text.replaceAll('\\n', '\n');
  try {
    return readFileSync(text, 'utf8').trim();
  } catch {
    return refuse();
  }
};

/** Node would derive the public key of a private one; whoever hands that over has mixed up the two. */
const keyOf = (pem: string): KeyObject => {
  if (/PRIVATE KEY/.test(pem)) refuse();
  try {
    return createPublicKey(pem);
  } catch {
    return refuse();
  }
};

/** The key that checks RS256, as PEM. A key that is too short to be safe stops the start. */
export const rsaPublicKey: Parse<string> = (text) => {
  const pem = pemOf(text);
  const { asymmetricKeyType, asymmetricKeyDetails } = keyOf(pem);
  const longEnough = (asymmetricKeyDetails?.modulusLength ?? 0) >= leastBits;
  return asymmetricKeyType === 'rsa' && longEnough ? pem : refuse();
};
