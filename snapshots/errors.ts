/**
 * - `NotFound`: no snapshot of this name.
 * - `Damaged`: files that are missing, altered or too many, or a champion that cannot be read.
 * - `Unsettled`: files went while they were copied, several times in a row. Try again.
 * - `Refused`: the snapshot is of another domain, or a place cannot be replaced.
 */
export type SnapshotErrorCode = 'NotFound' | 'Damaged' | 'Unsettled' | 'Refused';

export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  readonly code: SnapshotErrorCode;

  constructor(code: SnapshotErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
