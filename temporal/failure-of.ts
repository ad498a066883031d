import {
  ApplicationFailure,
  CancelledFailure,
  isGrpcServiceError,
  TerminatedFailure,
} from '@temporalio/client';
import { PayloadUnreadable } from './payload-codec.ts';

/** Long work that failed, with the type of the failure from the one table (activities/failures.ts). */
export class WorkFailed extends Error {
  readonly type: string;
  constructor(type: string, message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'WorkFailed';
    this.type = type;
  }
}

/** The innermost typed failure of what a Temporal call threw. */
export const failureOf = (error: unknown): WorkFailed => {
  if (error instanceof WorkFailed) return error;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure) return new WorkFailed(at.type ?? 'Error', at.message, error);
    if (at instanceof PayloadUnreadable) return new WorkFailed(at.type, at.message, error);
    if (at instanceof CancelledFailure) return new WorkFailed('Cancelled', 'the run was cancelled', error);
    if (at instanceof TerminatedFailure) return new WorkFailed('Terminated', 'the run was terminated', error);
    if (isGrpcServiceError(at))
      return new WorkFailed('TemporalUnavailable', `Temporal: ${at.details || at.message}`, error);
  }
  return new WorkFailed('Error', error instanceof Error ? error.message : String(error), error);
};

/** For an activity that asked for something: a refusal within what the call threw stays one, with its type and its words, and is not asked for again. */
export const orRefusal = (error: unknown): never => {
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (at instanceof ApplicationFailure && at.nonRetryable)
      throw ApplicationFailure.nonRetryable(at.message, at.type);
  throw error;
};
