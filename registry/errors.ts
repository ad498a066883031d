/**
 * - `NotFound`: no such version.
 * - `Corrupt`: a version that is incomplete, altered, or not what its checksum says.
 * - `Invalid`: a model that may not be written: NaN, a probability that does not sum to 1, a wrong shape.
 * - `Conflict`: the version exists with another model.
 */
export type RegistryErrorCode = 'NotFound' | 'Corrupt' | 'Invalid' | 'Conflict';

export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;

  constructor(code: RegistryErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export const isRegistryError = (error: unknown, code?: RegistryErrorCode): error is RegistryError =>
  error instanceof RegistryError && (code === undefined || error.code === code);
