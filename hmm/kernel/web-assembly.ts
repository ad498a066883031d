/** The part of the WebAssembly interface that is used; the es2023 library of TypeScript does not know it. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export type WasmModule = object;

interface WebAssemblyInterface {
  Memory: new (size: { initial: number }) => WasmMemory;
  Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  Instance: new (
    module: WasmModule,
    imports: { env: { memory: WasmMemory } },
  ) => { readonly exports: Readonly<Record<string, (...values: number[]) => number>> };
}

export const { Memory, Module, Instance } = (
  globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }
).WebAssembly;
