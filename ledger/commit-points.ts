import { type CommitName, type CrashPoint, commits } from './crash-points.ts';
import type { Store, Writer } from './database.ts';

const isNamed = (name: string): name is CommitName => name in commits;

/** Makes the commits of a store's methods crash points under the methods' names: just before, and just behind. */
export const commitPoints = (store: Store, crash: CrashPoint) => {
  let method: CommitName | undefined;
  let isInside = false;

  const outermost = <T>(work: (tx: Writer) => T): T => {
    isInside = true;
    try {
      return store.write((tx) => {
        const result = work(tx);
        if (method !== undefined) crash(`${method}:uncommitted`);
        return result;
      });
    } finally {
      isInside = false;
    }
  };

  const called = <T>(name: CommitName, call: () => T): T => {
    method = name;
    try {
      const result = call();
      crash(`${name}:committed`);
      return result;
    } finally {
      method = undefined;
    }
  };

  /** A method inside another's transaction commits nothing by itself. */
  const named = <T extends object>(methods: T): T =>
    Object.fromEntries(
      Object.entries(methods).map(([name, run]) => [
        name,
        (...args: readonly unknown[]) =>
          isNamed(name) && !isInside ? called(name, () => run(...args)) : run(...args),
      ]),
    ) as T;

  const write: Store['write'] = (work) => (isInside ? store.write(work) : outermost(work));
  return { store: { ...store, write }, named };
};
