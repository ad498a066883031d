/**
 * What can be wrong with a model or its data:
 * `InvalidModel` shapes or constraints do not hold · `InvalidData` shapes, infinities or nothing to fit ·
 * `MissingValues` training rows hold NaN · `ImpossibleRow` no state can have made the row ·
 * `ObjectiveFell` a defect: an EM step lowered what it must raise.
 */
export type HmmErrorCode =
  | 'InvalidModel'
  | 'InvalidData'
  | 'MissingValues'
  | 'ImpossibleRow'
  | 'ObjectiveFell';

export class HmmError extends Error {
  readonly code: HmmErrorCode;

  constructor(code: HmmErrorCode, message: string) {
    super(message);
    this.name = 'HmmError';
    this.code = code;
  }
}
