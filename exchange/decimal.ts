const decimalPattern =
  /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$|^([+-]?)\.(\d+)(?:[eE]([+-]?\d{1,4}))?$/;

/** Most text that comes in is canonical already, and there are millions of it. */
export const isCanonical = /^(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/;

interface Parts {
  readonly negative: boolean;
  readonly whole: string;
  readonly fraction: string;
}

const split = (text: string): Parts => {
  const match = decimalPattern.exec(text);
  if (!match) throw new Error(`"${text}" is not a decimal number`);
  const [, signA, whole = '', fractionA, exponentA, signB, fractionB, exponentB] = match;
  const digits = whole + (fractionA ?? fractionB ?? '');
  const point = whole.length + Number(exponentA ?? exponentB ?? 0);
  return { negative: (signA || signB) === '-', ...placePoint(digits, point) };
};

const placePoint = (digits: string, point: number) => ({
  whole: point <= 0 ? '' : digits.slice(0, point).padEnd(point, '0'),
  fraction: point < 0 ? '0'.repeat(-point) + digits : digits.slice(point),
});

/**
 * The one spelling of a decimal number: no exponent, no trailing or leading zeros, no plus, no minus zero.
 * Text goes in and comes out, so no digit is lost, and files hash alike however the exchange pads.
 * Throws when the text is not a finite decimal.
 */
export const canonicalDecimal = (text: string): string => {
  if (isCanonical.test(text)) return text;
  const { negative, whole, fraction } = split(text);
  const wholeDigits = whole.replace(/^0+/, '') || '0';
  const fractionDigits = fraction.replace(/0+$/, '');
  const magnitude = fractionDigits === '' ? wholeDigits : `${wholeDigits}.${fractionDigits}`;
  return negative && magnitude !== '0' ? `-${magnitude}` : magnitude;
};

/** How many digits stand behind the point in canonical text. */
export const decimalsOf = (canonical: string): number => {
  const point = canonical.indexOf('.');
  return point < 0 ? 0 : canonical.length - point - 1;
};

/** Pads canonical text with zeros to `decimals` digits behind the point; it never cuts. */
export const padDecimal = (canonical: string, decimals: number): string => {
  const missing = decimals - decimalsOf(canonical);
  if (missing <= 0) return canonical;
  return `${canonical}${canonical.includes('.') ? '' : '.'}${'0'.repeat(missing)}`;
};

/** Exact sum of canonical decimals. */
export const addDecimals = (terms: readonly string[]): string => {
  const decimals = Math.max(0, ...terms.map(decimalsOf));
  const scaled = terms.map((term) => BigInt(padDecimal(term, decimals).replace('.', '')));
  const sum = scaled.reduce((total, term) => total + term, 0n);
  const digits = (sum < 0n ? -sum : sum).toString().padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return canonicalDecimal(`${sum < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`);
};
