import { writeFileSync } from 'node:fs';
import type { Case } from './case.ts';

/** For the peers: doubles, little-endian: T, D, K, 1 if full, start, transition, means, covariances, rows. */
export const writeCase = (path: string, { data, initial }: Case): void => {
  const { nFeatures: D, nStates: K, covarianceType } = initial;
  const header = [data.rows.length / D, D, K, covarianceType === 'full' ? 1 : 0];
  const parts = [initial.start, initial.transition, initial.means, initial.covariances, data.rows];
  writeFileSync(path, Buffer.concat([Float64Array.from(header), ...parts].map(bytesOf)));
};

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
