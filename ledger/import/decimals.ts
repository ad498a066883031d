import { canonicalDecimal, isCanonical } from '../../exchange/decimal.ts';

/** No grouping, no blanks inside, no leading zeros, no sign but minus, digits on both sides of the point. */
const certain = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;

/** A price with more is a mistake; the reader of training must be able to hold it. */
const mostCharacters = 40;

/** The canonical text of a number, every digit kept: it never goes through a double. Throws with the reason. */
export const decimalOf = (cell: string, what: string): string => {
  if (cell.length <= mostCharacters && isCanonical.test(cell)) return cell;
  if (cell === '') throw new Error(`has no ${what}`);
  if (!certain.test(cell)) throw new Error(`has "${cell.slice(0, 40)}" as ${what}, which is no plain number`);
  if (!Number.isFinite(Number(cell)))
    throw new Error(`has ${cell.slice(0, 40)} as ${what}, which is too large`);
  const text = canonicalDecimal(cell);
  if (text.length > mostCharacters)
    throw new Error(`has ${cell.slice(0, 40)} as ${what}, which has too many digits`);
  return text;
};
