import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const here = new URL('.', import.meta.url);
const index = readFileSync(new URL('README.md', here), 'utf8');

/** Decisions are listed by their folder. */
const pages = ['tutorial', 'how-to', 'reference', 'explanation'].flatMap((folder) =>
  readdirSync(new URL(folder, here))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`),
);

it('the index names every page', () => {
  expect(pages.filter((page) => !index.includes(`](${page})`))).toEqual([]);
});
