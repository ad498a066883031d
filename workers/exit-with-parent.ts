/**
 * Stops a child of the embedded start when its parent is gone (the channel between them closes), so that a killed
 * parent leaves no worker behind. On its own, only SIGTERM and SIGINT stop the process.
 */
export const exitWithParent = (stop: () => void): void => {
  let stopping = false;
  const once = (): void => {
    if (stopping) return;
    stopping = true;
    stop();
  };
  process.once('disconnect', once);
  process.once('SIGTERM', once);
  process.once('SIGINT', once);
};
