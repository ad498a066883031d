import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const text = readFileSync(new URL('reference/glossary.md', import.meta.url), 'utf8');
const words = [...text.matchAll(/^\| \*\*(.+?)\*\* \| (.{8,}) \|$/gm)].map(([, word]) => word!);

/** The words that code, columns, logs and documents share. */
const shared =
  'series candle watermark file claim fence lineage head version champion candidate regime state filtered smoothed preset arm decision outcome domain';

it('the glossary holds each word once, in the order of the alphabet', () => {
  expect(words).toEqual([...new Set(words)].sort((a, b) => a.localeCompare(b, 'en')));
  expect(text.match(/^\| \*\*/gm)).toHaveLength(words.length);
});

it('the glossary holds the words that everything else is named by', () => {
  expect(words).toEqual(expect.arrayContaining(shared.split(' ')));
});
