import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { alertKinds } from '../ledger/alerts.ts';

const page = readFileSync(new URL('../docs/reference/alerts.md', import.meta.url), 'utf8');
const rows = new Map(
  [...page.matchAll(/^\| (\w+) \| (\w+) \| (.+) \|$/gm)].map(([, kind = '', ...rest]) => [kind, rest]),
);

it.each(Object.entries(alertKinds))(
  'docs/reference/alerts.md explains %s as it is',
  (kind, { severity, means }) => {
    expect(rows.get(kind)).toEqual([severity, means]);
  },
);
