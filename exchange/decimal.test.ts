import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDecimals, canonicalDecimal, decimalsOf, padDecimal } from './decimal.ts';

const digits = fc.stringMatching(/^[0-9]{1,25}$/);
const decimalText = fc
  .tuple(fc.constantFrom('', '-', '+'), digits, fc.option(digits, { nil: undefined }))
  .map(([sign, whole, fraction]) => `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}`);

/** The value as an exact fraction: an independent reading of the text. */
const exactly = (text: string): [numerator: bigint, decimals: number] => {
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const magnitude = BigInt(whole + fraction);
  return [text.startsWith('-') ? -magnitude : magnitude, fraction.length];
};
const sameValue = (a: string, b: string): boolean => {
  const [p, pd] = exactly(a);
  const [q, qd] = exactly(b);
  return p * 10n ** BigInt(qd) === q * 10n ** BigInt(pd);
};

describe('canonicalDecimal', () => {
  test('keeps the value to the last digit', () => {
    fc.assert(fc.property(decimalText, (text) => sameValue(canonicalDecimal(text), text)));
  });

  test('gives one spelling: a second time changes nothing, padding makes no difference', () => {
    fc.assert(
      fc.property(decimalText, fc.nat(12), fc.nat(5), (text, behind, before) => {
        const once = canonicalDecimal(text);
        const sign = once.startsWith('-') ? '-' : '';
        const padded =
          sign + '0'.repeat(before) + padDecimal(once, decimalsOf(once) + behind).slice(sign.length);
        expect(canonicalDecimal(once)).toBe(once);
        expect(canonicalDecimal(padded)).toBe(once);
        expect(once).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
        expect(once).not.toBe('-0');
      }),
    );
  });

  test('reads every spelling that a double has', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = canonicalDecimal(String(value));
        expect(text).not.toMatch(/[eE+]/);
        expect(Number(text)).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  test.each([
    ['43519.34000000', '43519.34'],
    ['29470', '29470'],
    ['0.00000000', '0'],
    ['-0.0', '0'],
    ['+1.50', '1.5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1e-7', '0.0000001'],
    ['1.234e+2', '123.4'],
    ['12e3', '12000'],
    ['0e5', '0'],
  ])('%s becomes %s', (text, canonical) => {
    expect(canonicalDecimal(text)).toBe(canonical);
  });

  test.each([
    '',
    ' ',
    'NaN',
    'inf',
    'Infinity',
    '1,5',
    '0x10',
    '1_000',
    '--1',
    '.',
    'null',
    '1e',
    '1.2.3',
    '1e99999',
  ])('"%s" is refused', (text) => {
    expect(() => canonicalDecimal(text)).toThrow('is not a decimal number');
  });
});

test('sums are exact', () => {
  expect(addDecimals(['0.1', '0.2'])).toBe('0.3');
  expect(addDecimals([])).toBe('0');
  fc.assert(
    fc.property(fc.array(decimalText, { minLength: 1, maxLength: 6 }), (texts) => {
      const sum = addDecimals(texts.map(canonicalDecimal));
      const scaled = texts
        .map(exactly)
        .map(([numerator, decimals]) => numerator * 10n ** BigInt(25 - decimals));
      const [numerator, decimals] = exactly(sum);
      expect(numerator * 10n ** BigInt(25 - decimals)).toBe(scaled.reduce((a, b) => a + b, 0n));
    }),
  );
});
