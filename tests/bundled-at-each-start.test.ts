import { readFileSync } from 'node:fs';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { bundleOptionsOf, dataConverterOf } from '../temporal/data-converter.ts';
import type * as Built from '../workers/workflow-bundle.ts';

/** The built one: what `npm start` and the image run. */
const { workflowBundleOf } = (await import(
  new URL('../dist/workers/workflow-bundle.js', import.meta.url).href
)) as typeof Built;

const logger = new DefaultLogger('ERROR');

it('a worker runs the bundle of the build, which holds every workflow', async () => {
  const bundle = await workflowBundleOf({}, logger);
  if (!('codePath' in bundle)) throw new Error('it was made again');
  expect(readFileSync(bundle.codePath, 'utf8')).toContain('./dist/workflows/retrain.js');
});

it('one that encrypts makes its own, with the converter in it', async () => {
  const parts = bundleOptionsOf(dataConverterOf(['k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=']));
  const bundle = await workflowBundleOf(parts, logger);
  if (!('code' in bundle)) throw new Error('it took the one of the build');
  expect(bundle.code).toContain('failure-converter.cjs');
});
