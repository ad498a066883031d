import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A text in base64, wherever it begins: its own characters without those that its neighbours share. */
const base64Of = (secret: string): string[] =>
  [0, 1, 2].map((before) => {
    const encoded = Buffer.from('x'.repeat(before) + secret).toString('base64');
    return encoded.replace(/=+$/, '').slice(before === 0 ? 0 : 4, -2);
  });

/** How a secret may be written down by a program that did not mean to. */
const formsOf = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString('hex'),
  Buffer.from(secret, 'utf16le').toString('latin1'),
  ...base64Of(secret),
  ...base64Of(secret).map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
];

/** The names of the secrets that a text shows. */
export const secretsIn = (text: string, secrets: Readonly<Record<string, string>>): string[] =>
  Object.entries(secrets).flatMap(([name, secret]) =>
    formsOf(secret).some((form) => text.includes(form)) ? [name] : [],
  );

export const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

/** `file: secret` for each secret that a file under the folder shows, whatever its format. */
export const leaksUnder = (folder: string, secrets: Readonly<Record<string, string>>): string[] =>
  filesUnder(folder).flatMap((file) =>
    secretsIn(readFileSync(file, 'latin1'), secrets).map((name) => `${path.relative(folder, file)}: ${name}`),
  );
