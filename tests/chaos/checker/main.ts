/** The independent checker: `tsx tests/chaos/checker/main.ts REQUEST.json` prints its verdict, and fails when there is a problem. */
import { readFileSync } from 'node:fs';
import { checkAll } from './check.ts';
import type { CheckRequest } from './store.ts';

const [, , file = ''] = process.argv;
const verdict = checkAll(JSON.parse(readFileSync(file, 'utf8')) as CheckRequest);
console.log(JSON.stringify(verdict, null, 2));
process.exitCode = verdict.problems.length > 0 ? 1 : 0;
