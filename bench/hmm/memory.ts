import { partition } from '../../hmm/kernel/partition.ts';
import { createWorkshop } from '../../hmm/kernel/piece.ts';
import { covarianceTypes, createCase, type Size } from './case.ts';

/** Doubles that a fit takes beyond its data, for each row and state: the whole memory of the kernel, worst size. */
export const doublesPerCell = (sizes: readonly Size[]): number =>
  Math.max(
    ...sizes.flatMap((size) =>
      covarianceTypes.map((type) => {
        const { data, initial } = createCase(size, type);
        const { arena } = createWorkshop(initial, data.rows, partition(data));
        return arena.doubles.length / (size.nRows * size.nStates);
      }),
    ),
  );
