import { type Code, flatten, unsigned, type ValueType } from './instructions.ts';

/** One function of a module. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result?: ValueType | undefined;
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** A local variable: reading it is an expression, `set` a statement. */
export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

/** Hands out the locals of a function while its body is written. */
export interface Frame {
  local(type: ValueType): Local;
  /** `count` vectors. */
  vectors(count: number): Local[];
}

/** Writes a function: `write` gets its parameters and a frame for further locals, and returns the body. */
export const defineFunction = (
  name: string,
  parameters: readonly ValueType[],
  write: (frame: Frame, ...parameters: Local[]) => Code,
  result?: ValueType,
): WasmFunction => {
  const locals: ValueType[] = [];
  const at = (index: number): Local => ({
    get: [0x20, ...unsigned(index)],
    set: (value) => [value, 0x21, ...unsigned(index)],
  });
  const local = (type: ValueType): Local => at(parameters.length + locals.push(type) - 1);
  const frame: Frame = {
    local,
    vectors: (count) => Array.from({ length: count }, () => local('v128')),
  };
  const body = write(frame, ...parameters.map((_, index) => at(index)));
  return { name, parameters, result, locals, body };
};

/** The bytes of a module that imports one memory (`env.memory`) and exports all its functions. */
export const assemble = (functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      functions.map(({ parameters, result }) => [
        0x60,
        ...list(parameters.map((type) => [valueType[type]])),
        ...list(result ? [[valueType[result]]] : []),
      ]),
    ),
    ...section(2, [[...text('env'), ...text('memory'), 0x02, 0x00, 1]]),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(
      7,
      functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]),
    ),
    ...section(10, functions.map(functionBody)),
  ]);

const valueType = { i32: 0x7f, i64: 0x7e, f64: 0x7c, v128: 0x7b } as const;

const functionBody = ({ locals, body }: WasmFunction): number[] => {
  const declared = list(locals.map((type) => [1, valueType[type]]));
  const bytes = [...declared, ...flatten(body), 0x0b];
  return [...unsigned(bytes.length), ...bytes];
};

const section = (id: number, items: readonly (readonly number[])[]): number[] => {
  const bytes = list(items);
  return [id, ...unsigned(bytes.length), ...bytes];
};

/** A vector as the format has it: how many, then each. */
const list = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];

const text = (value: string): number[] => {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
};
