import type { Observations } from '../observations.ts';

/** The data in memory that all threads read without copies of their own. */
export const share = (data: Observations): Observations => ({
  ...data,
  rows: shared(data.rows),
  ...(data.weights && { weights: shared(data.weights) }),
});

const shared = (values: Float64Array): Float64Array => {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const copy = new Float64Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
};
