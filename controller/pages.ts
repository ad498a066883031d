import { ControllerError } from './errors.ts';

const maxLimit = 500;

/** The `seq` that a page's cursor stands for. Throws InvalidData. */
export const cursorSeq = (cursor: string): number => {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new ControllerError('InvalidData', `cursor ${JSON.stringify(cursor)} is not one that a page gave`);
};

export const checkedLimit = (limit: number): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit;
  throw new ControllerError(
    'InvalidData',
    `limit must be a whole number from 1 to ${maxLimit}, not ${limit}`,
  );
};
