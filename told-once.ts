/**
 * Runs what is done again and again, and may fail each time: a failure is told when it comes and when it is another one,
 * not each time that it is met. undefined: it failed.
 */
export const tellingOnce = (tell: (error: Error) => void) => {
  let told: string | undefined;
  return <T>(work: () => T): T | undefined => {
    try {
      const value = work();
      told = undefined;
      return value;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (error.message !== told) tell(error);
      told = error.message;
      return undefined;
    }
  };
};
