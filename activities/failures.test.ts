import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { failures } from './failures.ts';

const page = readFileSync(new URL('../docs/reference/failures.md', import.meta.url), 'utf8');

const explained = new Map(
  page
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 7)
    .map(([, type = '', retried, status]) => [type, { retried, status }]),
);

it.each(Object.entries(failures))(
  'docs/reference/failures.md explains %s as it is',
  (type, { retry, status }) => {
    expect(explained.get(type)).toEqual({ retried: retry ? 'yes' : 'no', status: String(status) });
  },
);
