import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority in a folder, and what it signs: real certificates, made on the spot. */
export const createAuthority = (folder: string, name: string) => {
  const file = (leaf: string): string => path.join(folder, `${name}-${leaf}`);
  const caFile = file('ca.pem');
  openssl(
    ...['req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name} CA`],
    ...['-keyout', file('ca.key'), '-out', caFile],
  );
  /** Paths of a signed certificate and its key; `names` as openssl writes them, such as `IP:127.0.0.1`. */
  const sign = (who: string, names: string): Pair => {
    const [key, request, cert, extensions] = ['key', 'csr', 'pem', 'ext'].map((end) => file(`${who}.${end}`));
    openssl('req', ...newKey, '-subj', `/CN=${who}`, '-keyout', key!, '-out', request!);
    writeFileSync(extensions!, `subjectAltName=${names}\n`);
    openssl(
      ...['x509', '-req', '-in', request!, '-CA', caFile, '-CAkey', file('ca.key'), '-CAcreateserial'],
      ...['-days', '2', '-extfile', extensions!, '-out', cert!],
    );
    return { cert: cert!, key: key! };
  };
  return { caFile, sign };
};

export const readPair = ({ cert, key }: Pair) => ({ cert: readFileSync(cert), key: readFileSync(key) });
