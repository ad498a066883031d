import type { Violation } from '../strategy_schemas/bounds.ts';

/** Why the controller refused. Nothing was stored when one of these is thrown. */
export type ControllerErrorCode =
  | 'InvalidName'
  | 'InvalidFeatures'
  | 'InvalidPreset'
  | 'InvalidData'
  | 'OutOfBounds'
  | 'TooManyPresets'
  | 'NoPresets'
  | 'UnknownPreset'
  | 'UnknownDecision'
  | 'UnknownPosition'
  | 'UnknownOutcome'
  | 'UnknownLock'
  | 'Conflict'
  | 'DomainMismatch'
  | 'Overloaded';

/** A refusal. `violations` lists each field with its bounds when the code is OutOfBounds. */
export class ControllerError extends Error {
  readonly code: ControllerErrorCode;
  readonly violations: readonly Violation[];

  constructor(code: ControllerErrorCode, message: string, violations: readonly Violation[] = []) {
    super(message);
    this.name = 'ControllerError';
    this.code = code;
    this.violations = violations;
  }
}
