/**
 * WebAssembly instructions as byte trees: an expression is its operands followed by its opcode (core specification 2.0,
 * §5.4; vector instructions §5.4.8). Only what the kernel uses; no relaxed SIMD, so every engine gives the same bits.
 */
export type Code = readonly (number | Code)[];

export type ValueType = 'i32' | 'i64' | 'f64' | 'v128';

/** Unsigned LEB128. */
export const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
};

/** Signed LEB128 of a 32-bit integer. */
export const signed = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(byte & 0x40)) || (rest === -1 && byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
};

const plain =
  (opcode: number) =>
  (...operands: Code[]): Code => [...operands, opcode];
const vector =
  (opcode: number, ...immediate: number[]) =>
  (...operands: Code[]): Code => [...operands, 0xfd, ...unsigned(opcode), ...immediate];
const plainMemory =
  (opcode: number, align: number) =>
  (address: Code, offset: number, ...value: Code[]): Code => [
    address,
    ...value,
    opcode,
    align,
    ...unsigned(offset),
  ];
const vectorMemory =
  (opcode: number, align: number, ...lane: number[]) =>
  (address: Code, offset: number, ...value: Code[]): Code => [
    address,
    ...value,
    0xfd,
    ...unsigned(opcode),
    align,
    ...unsigned(offset),
    ...lane,
  ];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  eqz: plain(0x45),
  ltSigned: plain(0x48),
  geSigned: plain(0x4e),
  add: plain(0x6a),
  sub: plain(0x6b),
  mul: plain(0x6c),
  or: plain(0x72),
  shl: plain(0x74),
  store: plainMemory(0x36, 2),
};

export const i64 = {
  const: (value: number): Code => [0x42, ...signed(value)],
  load: plainMemory(0x29, 0),
  and: plain(0x83),
  shrUnsigned: plain(0x88),
  toI32: plain(0xa7),
  fromI32: plain(0xad),
};

export const f64 = {
  load: plainMemory(0x2b, 3),
  store: plainMemory(0x39, 3),
  add: plain(0xa0),
  mul: plain(0xa2),
  /** From an unsigned 64-bit integer. */
  fromInteger: plain(0xba),
};

export const i64x2 = {
  extractFirst: vector(0x1d, 0),
  extractSecond: vector(0x1d, 1),
  allTrue: vector(0xc3),
  shl: vector(0xcb),
  shrUnsigned: vector(0xcd),
  add: vector(0xce),
};

export const f64x2 = {
  extractFirst: vector(0x21, 0),
  extractSecond: vector(0x21, 1),
  eq: vector(0x47),
  lt: vector(0x49),
  gt: vector(0x4a),
  ge: vector(0x4c),
  add: vector(0xf0),
  sub: vector(0xf1),
  mul: vector(0xf2),
  div: vector(0xf3),
  /** b where a < b, otherwise a: one machine instruction, unlike `max`, which must treat NaN and −0. */
  pseudoMax: vector(0xf7),
};

const lanes = (first: number, second: number): number[] =>
  [first, second].flatMap((lane) => Array.from({ length: 8 }, (_, i) => lane * 8 + i));

export const v128 = {
  load: vectorMemory(0x00, 3),
  store: vectorMemory(0x0b, 3),
  storeFirst: vectorMemory(0x5b, 3, 0),
  and: vector(0x4e),
  or: vector(0x50),
  /** The bits of the first where the third has ones, of the second elsewhere. */
  select: vector(0x52),
  /** Both lanes get the first (or second) lane of one vector. */
  splatFirst: (a: Code): Code => vector(0x0d, ...lanes(0, 0))(a, a),
  splatSecond: (a: Code): Code => vector(0x0d, ...lanes(1, 1))(a, a),
  swap: (a: Code): Code => vector(0x0d, ...lanes(1, 0))(a, a),
  /** (a₀, b₀) and (a₁, b₁). */
  firsts: vector(0x0d, ...lanes(0, 2)),
  seconds: vector(0x0d, ...lanes(1, 3)),
};

/** Repeats the body while the condition at its end holds. */
export const doWhile = (body: Code, condition: Code): Code => [0x03, 0x40, body, condition, 0x0d, 0, 0x0b];

/** All bytes of a tree in order. */
export const flatten = (code: Code, into: number[] = []): number[] => {
  for (const part of code) {
    if (typeof part === 'number') into.push(part);
    else flatten(part, into);
  }
  return into;
};
