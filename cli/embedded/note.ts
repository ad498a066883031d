import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { ifThere, writeDurably } from '../../ledger/durable-file.ts';

/** What a run of `npm start` leaves for the next one. A full disk, or a death, leaves the one of before, whole. */
export const writeNote = (file: string, value: object): void =>
  writeDurably(file, `${JSON.stringify(value)}\n`);

/** A value, or why there is none that can be read. */
export type Note<T> =
  | { readonly value: T; readonly problem?: never }
  | { readonly value?: never; readonly problem: string };

const parse = <T>(file: string, text: string, schema: z.ZodType<T>): Note<T> => {
  try {
    return { value: schema.parse(JSON.parse(text)) };
  } catch {
    const bytes = Buffer.byteLength(text);
    return { problem: `${file} cannot be read (${bytes === 0 ? 'it is empty' : `${bytes} bytes`})` };
  }
};

/** undefined when there is none. */
export const readNote = <T>(file: string, schema: z.ZodType<T>): Note<T> | undefined => {
  const text = ifThere(() => readFileSync(file, 'utf8'));
  return text === undefined ? undefined : parse(file, text, schema);
};
