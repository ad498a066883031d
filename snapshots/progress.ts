/** Told how many bytes of how many are done, file by file. */
export type BytesProgress = (done: number, total: number) => void;

/** Adds up what single files say. */
export const countBytes = (total: number, progress: BytesProgress = () => {}, before = 0) => {
  let done = before;
  return (bytes: number): void => {
    done += bytes;
    progress(done, total);
  };
};
