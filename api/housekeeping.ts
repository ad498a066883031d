import { auditFolders } from '../audit/folders.ts';
import type { Config } from '../config.ts';
import type { ThreadedController } from '../controller/thread/client.ts';
import type { Logger } from './ports.ts';

const everyMs = 10 * 60_000;
const dayMs = 86_400_000;

export interface Housekeeping {
  readonly config: Pick<Config, 'paths' | 'audit' | 'controller'>;
  readonly controller: Pick<ThreadedController, 'rotateAudit' | 'compact'>;
  readonly log: Logger;
}

/** Piece after piece: each is a request of its own, so that decisions go in between. */
const compactAll = async ({ config, controller }: Housekeeping): Promise<void> => {
  const beforeMs = Date.now() - config.controller.decisionsKeepDays * dayMs;
  while ((await controller.compact({ beforeMs })).more);
};

/** Keeps the parameter store from growing for ever: in its own thread, a bounded piece at a time, between requests. */
export const tidyStore = async (deps: Housekeeping): Promise<void> => {
  const { config, controller } = deps;
  await compactAll(deps);
  const folder = auditFolders(config.paths.dataDir).controller;
  await controller.rotateAudit({ folder, beforeMs: Date.now() - config.audit.keepDays * dayMs });
};

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
