import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allCommandPoints, commandPoints, diedAtBy, groupOf } from './command-points.fixture.ts';

const groups = Object.keys(diedAtBy) as (keyof typeof diedAtBy)[];

test('every command point is of a group that a test dies at, and every group has points', () => {
  expect([...new Set(allCommandPoints.map(groupOf))].sort()).toEqual([...groups].sort());
});

test.each(groups)('the test of %s takes its list of points from the table', (group) => {
  const source = readFileSync(new URL(`../${diedAtBy[group]}`, import.meta.url), 'utf8');
  expect(source).toContain(`commandPoints('${group}')`);
  expect(commandPoints(group).length).toBeGreaterThan(0);
});
