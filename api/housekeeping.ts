import { auditFolders } from '../audit/folders.ts';
import type { Config } from '../config.ts';
import type { ThreadedController } from '../controller/thread/client.ts';
import type { Logger } from './ports.ts';

const everyMs = 10 * 60_000;
const dayMs = 86_400_000;

export interface Housekeeping {
  readonly config: Pick<Config, 'paths' | 'audit'>;
  readonly controller: Pick<ThreadedController, 'rotateAudit'>;
  readonly log: Logger;
}

/** Keeps the parameter store from growing for ever: in its own thread, a bounded piece at a time, between requests. */
export const tidyStore = async ({ config, controller }: Housekeeping): Promise<number> =>
  await controller.rotateAudit({
    folder: auditFolders(config.paths.dataDir).controller,
    beforeMs: Date.now() - config.audit.keepDays * dayMs,
  });

/** Now and then while the gateway serves. Returns how to stop. */
export const keepStoreTidy = (deps: Housekeeping): (() => void) => {
  const tidy = (): void =>
    void tidyStore(deps).catch((error: unknown) =>
      deps.log.error({ error }, 'the parameter store could not be tidied; it goes on growing'),
    );
  const timer = setInterval(tidy, everyMs);
  timer.unref();
  return () => clearInterval(timer);
};
