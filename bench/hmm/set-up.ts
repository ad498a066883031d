import { createEStep } from '../../hmm/e-step.ts';
import { createStatistics } from '../../hmm/statistics.ts';
import { covarianceTypes, createCase, type Size } from './case.ts';

/**
 * Milliseconds until the first E-step of a few rows is done, of the slowest shape; the first shape also meets code that
 * never ran. True only when nothing else ran in this process before.
 */
export const slowestSetUp = (sizes: readonly Size[]): number =>
  Math.max(
    ...sizes.flatMap((size) =>
      covarianceTypes.map((type) => {
        const { data, initial } = createCase({ ...size, nRows: 100 }, type);
        const statistics = createStatistics(initial.nStates, new Float64Array(initial.nFeatures));
        const before = performance.now();
        createEStep(initial, data).run(initial, statistics);
        return performance.now() - before;
      }),
    ),
  );
