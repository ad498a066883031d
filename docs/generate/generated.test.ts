import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { generatedFiles } from './files.ts';

const files = Object.entries(generatedFiles());

it.each(files)('%s is what the code says: npm run docs:generate', (path, text) => {
  expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(text);
});
