import { setTimeout as delay } from 'node:timers/promises';

/** Asks again until the answer is neither undefined nor false. Throws what it waited for after `patienceMs`. */
export const until = async <T>(
  what: string,
  ask: () => T | Promise<T>,
  patienceMs = 20_000,
): Promise<Exclude<T, undefined | false>> => {
  for (const end = Date.now() + patienceMs; Date.now() < end; await delay(25)) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
  }
  throw new Error(`waited ${patienceMs / 1000} s in vain until ${what}`);
};
