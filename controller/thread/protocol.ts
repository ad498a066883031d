/** What main thread and controller threads say to each other. */

import type { StrategySchemas } from '../../strategy_schemas/load.ts';
import { ControllerError, type ControllerErrorCode } from '../errors.ts';
import type { Controller, ControllerOptions } from '../open.ts';

/** Everything that one request may ask of a controller, by name. */
export type Method = Exclude<keyof Controller, 'batch' | 'sync' | 'close' | 'useSchemas'>;

export interface Request {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

/** Options that can be sent: a thread has the machine's clock. */
export type ThreadOptions = Omit<ControllerOptions, 'clock' | 'syncs'>;

export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly violations?: ControllerError['violations'];
  readonly stack?: string | undefined;
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: SentError };

/** The JSON of requests (`Request[]`), which is cheaper to send than the objects; other schemas; or the end. */
export type ToThread = string | { readonly schemas: StrategySchemas } | { readonly close: true };

/** The JSON of answers (`Answer[]`): what leaves the gateway is JSON anyway. */
export type FromThread = string | { readonly opened: true } | { readonly refused: SentError };

/** Errors lose their class on the way, so what the gateway looks at is sent by itself. */
export const sentError = (error: unknown): SentError => {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  const { code, violations } = error as Partial<ControllerError>;
  return { name, message, stack, ...(code ? { code } : {}), ...(violations ? { violations } : {}) };
};

export const receivedError = ({ name, message, code, violations, stack }: SentError): Error => {
  const error =
    name === 'ControllerError'
      ? new ControllerError(code as ControllerErrorCode, message, violations)
      : Object.assign(new Error(message), { name }, code === undefined ? {} : { code });
  if (stack !== undefined) error.stack = stack;
  return error;
};
