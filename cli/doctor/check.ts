/** One thing that was looked at: what was found, and what to do where it is not well. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly found: string;
  readonly advice?: string;
}

export const ok = (name: string, found: string): Check => ({ name, state: 'ok', found });

export const warn = (name: string, found: string, advice: string): Check => ({
  ...{ name, state: 'warn', found, advice },
});

export const fail = (name: string, found: string, advice: string): Check => ({
  ...{ name, state: 'fail', found, advice },
});

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
