import { readFileSync } from 'node:fs';

/** Docker and systemd hand a secret over as a file: `API_KEY_FILE=/run/secrets/api_key` stands for API_KEY. */
export const fileNameOf = (name: string): string => `${name}_FILE`;

/** What the file says. Throws a RangeError that says why it cannot be had, with no word of what is in it. */
export const readSecretFile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new RangeError(`the path of a file that can be read (${(cause as NodeJS.ErrnoException).code})`);
  }
};
