import { describe, expect, it } from 'vitest';
import { covarianceTypes } from '../hmm.fixture.ts';
import { assemble, defineFunction } from './assembler.ts';
import { doWhile, f64x2, flatten, i32, signed, unsigned, v128 } from './instructions.ts';
import { kernelFor } from './module.ts';
import { Instance, Memory, Module } from './web-assembly.ts';

describe('LEB128', () => {
  it.each([
    [0, [0]],
    [127, [127]],
    [128, [0x80, 1]],
    [624485, [0xe5, 0x8e, 0x26]],
  ])('unsigned %d', (value, bytes) => expect(unsigned(value)).toEqual(bytes));

  it.each([
    [0, [0]],
    [-1, [0x7f]],
    [63, [63]],
    [64, [0xc0, 0]],
    [-64, [0x40]],
    [-123456, [0xc0, 0xbb, 0x78]],
  ])('signed %d', (value, bytes) => expect(signed(value)).toEqual(bytes));
});

describe('assemble', () => {
  const double = defineFunction('double', ['i32', 'i32'], (frame, at, end) => {
    const value = frame.local('v128');
    return doWhile(
      [
        value.set(v128.load(at.get, 0)),
        v128.store(at.get, 0, f64x2.add(value.get, v128.swap(value.get))),
        at.set(i32.add(at.get, i32.const(16))),
      ],
      i32.ltSigned(at.get, end.get),
    );
  });

  it('makes modules that run', () => {
    const memory = new Memory({ initial: 1 });
    const { exports } = new Instance(new Module(assemble([double])), { env: { memory } });
    const doubles = new Float64Array(memory.buffer);
    doubles.set([1, 2, 3, 4, 5, 6]);
    exports.double!(0, 32);
    expect([...doubles.subarray(0, 6)]).toEqual([3, 3, 7, 7, 5, 6]);
  });

  it('writes the bytes that the specification says', () => {
    expect(flatten(v128.load(i32.const(0), 300))).toEqual([0x41, 0, 0xfd, 0, 3, 0xac, 2]);
    expect([...assemble([double]).subarray(0, 8)]).toEqual([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  });
});

describe('kernelFor', () => {
  it.each(covarianceTypes)('%s: compiles every shape once, and in little time', (covarianceType) => {
    const begin = performance.now();
    let shapes = 0;
    for (let K = 2; K <= 16; K += 7) {
      for (let D = 1; D <= 12; D += 11, shapes++) {
        const shape = { covarianceType, nStates: K, nFeatures: D };
        expect(kernelFor(shape)).toBe(kernelFor({ ...shape }));
      }
    }
    expect((performance.now() - begin) / shapes).toBeLessThan(200);
  });
});
