import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StateMeaning } from './meaning.ts';
import { nameStates } from './names.ts';

const meaning = (drift: number, volatility: number): StateMeaning => ({ drift, volatility });
const namesOf = (meanings: readonly StateMeaning[], before?: readonly (string | undefined)[]) =>
  nameStates(meanings, before).names;

const meanings = fc.array(
  fc.record({
    drift: fc.double({ min: -8, max: 8, noNaN: true }),
    volatility: fc.double({ min: 0.001, max: 1, noNaN: true }),
  }),
  { minLength: 2, maxLength: 7 },
);
const isDistinct = (given: readonly StateMeaning[]): boolean =>
  new Set(given.map(({ drift, volatility }) => `${drift} ${volatility}`)).size === given.length;

describe('nameStates', () => {
  it('gives each state one name; the first words are BULL, BEAR, CHOP; plain BULL and BEAR are always there', () => {
    fc.assert(
      fc.property(meanings, (given) => {
        const names = namesOf(given);
        expect(new Set(names).size).toBe(given.length);
        expect(names.every((name) => /^(BULL|BEAR|CHOP)(_\d+)?$/.test(name))).toBe(true);
        expect(names).toEqual(expect.arrayContaining(['BULL', 'BEAR']));
      }),
    );
  });

  it('gives the same names to the same meanings in any order, with names before or without', () => {
    const before = fc.uniqueArray(
      fc.constantFrom('BULL', 'BULL_2', 'BEAR', 'BEAR_2', 'CHOP', 'CHOP_2', 'CHOP_3'),
      {
        minLength: 7,
        maxLength: 7,
      },
    );
    fc.assert(
      fc.property(meanings.filter(isDistinct), before, fc.boolean(), (given, old, isRetrain) => {
        const names = isRetrain ? old.slice(0, given.length) : [];
        const reversed = isRetrain ? [...names].reverse() : [];
        expect(namesOf([...given].reverse(), reversed)).toEqual([...namesOf(given, names)].reverse());
      }),
    );
  });

  it('names clear drifts by their direction, the others by their volatility', () => {
    const given = [meaning(-9, 5), meaning(0.4, 3), meaning(4, 2), meaning(-1, 1), meaning(6, 9)];
    expect(namesOf(given)).toEqual(['BEAR', 'CHOP_2', 'BULL_2', 'CHOP_1', 'BULL']);
    expect(namesOf([meaning(-4, 1), meaning(0, 2), meaning(4, 3)])).toEqual(['BEAR', 'CHOP', 'BULL']);
  });

  it('has a BULL and a BEAR where no drift is clear, and where all have one direction', () => {
    expect(namesOf([meaning(0.2, 1), meaning(-0.3, 2), meaning(0.9, 3)])).toEqual(['CHOP', 'BEAR', 'BULL']);
    expect(namesOf([meaning(5, 1), meaning(4, 2)])).toEqual(['BULL', 'BEAR']);
    expect(namesOf([meaning(5, 1)])).toEqual(['BULL']);
    expect(namesOf([meaning(1, 1)])).toEqual(['CHOP']);
  });

  it('keeps names while the meaning has not clearly changed', () => {
    const before = ['BEAR', 'CHOP_1', 'CHOP_2', 'BULL'];
    const weak = [meaning(1.5, 3), meaning(2.5, 9), meaning(-2, 1), meaning(-1.8, 2)];
    expect(nameStates(weak, before)).toEqual({ names: before, renamed: [false, false, false, false] });
  });

  it('renames what has clearly changed and flags it', () => {
    const before = ['BEAR', 'CHOP_1', 'CHOP_2', 'BULL'];
    const changed = [meaning(-4, 3), meaning(-5, 9), meaning(0, 1), meaning(5, 2)];
    expect(nameStates(changed, before)).toEqual({
      names: ['BEAR', 'BEAR_2', 'CHOP_2', 'BULL'],
      renamed: [false, true, false, false],
    });
    const turned = [meaning(4, 3), meaning(-1, 9), meaning(0, 1), meaning(5, 2)];
    expect(nameStates(turned, before)).toEqual({
      names: ['BULL_2', 'BEAR', 'CHOP_2', 'BULL'],
      renamed: [true, true, false, false],
    });
  });

  it('gives fresh states free names and leaves the others theirs', () => {
    const before = ['BEAR', undefined, 'CHOP', 'BULL', undefined];
    const given = [meaning(-1, 3), meaning(0, 0.5), meaning(0, 1), meaning(1, 2), meaning(7, 4)];
    expect(nameStates(given, before)).toEqual({
      names: ['BEAR', 'CHOP_2', 'CHOP', 'BULL', 'BULL_2'],
      renamed: [false, false, false, false, false],
    });
  });

  it('hands plain BULL on when the state that bore it is gone', () => {
    expect(nameStates([meaning(4, 1), meaning(-4, 2)], ['BULL_2', 'BEAR'])).toEqual({
      names: ['BULL', 'BEAR'],
      renamed: [true, false],
    });
  });
});
