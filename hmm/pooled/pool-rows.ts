import { HmmError } from '../hmm-error.ts';
import type { Observations } from '../observations.ts';

/** Rows of several series, each scaled by its own scaler, as separate sequences of one data set. */
export const poolRows = (parts: readonly Observations[]): Observations => {
  const [first] = parts;
  if (!first) throw new HmmError('InvalidData', 'nothing to pool');
  const D = first.nFeatures;
  const rows = new Float64Array(parts.reduce((sum, part) => sum + part.rows.length, 0));
  const sequenceStarts: number[] = [];
  let at = 0;
  for (const part of parts) {
    if (part.nFeatures !== D)
      throw new HmmError('InvalidData', `${part.nFeatures} features pooled with ${D}`);
    rows.set(part.rows, at * D);
    for (const start of part.sequenceStarts) sequenceStarts.push(at + start);
    at += part.rows.length / D;
  }
  return { rows, nFeatures: D, sequenceStarts };
};
