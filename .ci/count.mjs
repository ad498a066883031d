// Prints `N passed, N failed[, N skipped]` from vitest's JSON report. Fails on a failure, on no test at all, and on a
// skip that is not on the list.
import { readFileSync } from 'node:fs';

const [reportFile, allowedFile] = process.argv.slice(2);
const allowed = new Set(
  readFileSync(allowedFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')),
);
const report = JSON.parse(readFileSync(reportFile, 'utf8'));
const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
const surprising = skipped.filter(({ fullName }) => !allowed.has(fullName));
for (const { fullName } of surprising) console.log(`skipped, and not on ${allowedFile}: ${fullName}`);

// A file that cannot be loaded has no tests to count: it is a failure all the same.
const broken = report.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
);
for (const { name, message } of broken) console.log(`cannot be loaded: ${name}\n${message}`);

const passed = report.numPassedTests;
const failures = report.numFailedTests + broken.length;
console.log(`${passed} passed, ${failures} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`);
process.exit(failures > 0 || passed === 0 || surprising.length > 0 ? 1 : 0);
