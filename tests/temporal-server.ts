import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

export interface TestTemporal {
  readonly address: string;
  /** Of this test file alone. */
  readonly namespace: string;
  /** For `Worker.create`: built once for all tests. */
  readonly workflowBundle: { readonly code: string };
}

/** The Temporal server of the tests. @param testFile `import.meta.url` of a file `tests/*.test.ts` */
export const testTemporal = (testFile: string): TestTemporal => ({
  address: inject('temporalAddress'),
  namespace: path.basename(fileURLToPath(testFile), '.test.ts'),
  workflowBundle: inject('workflowBundle'),
});
