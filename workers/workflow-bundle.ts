import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type BundleOptions,
  bundleWorkflowCode,
  type Logger,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { workflowsPath } from './roles.ts';

/** scripts/build.mjs makes it beside the compiled workflows. */
const built = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

export type BundleParts = Pick<BundleOptions, 'failureConverterPath' | 'workflowInterceptorModules'>;

/**
 * What a worker runs its workflows from: the bundle of the build. With parts that a setting adds (a converter that
 * encrypts, interceptors that trace), or from source, one is made now, which takes seconds.
 */
export const workflowBundleOf = async (parts: BundleParts, logger: Logger): Promise<WorkflowBundleOption> =>
  Object.keys(parts).length === 0 && existsSync(built)
    ? { codePath: built }
    : await bundleWorkflowCode({ workflowsPath, logger, ...parts });
