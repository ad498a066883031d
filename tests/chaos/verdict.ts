import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openController } from '../../controller/open.ts';
import { loadStrategySchemas } from '../../strategy_schemas/load.ts';
import type { Verdict } from './checker/check.ts';
import type { CheckRequest } from './checker/store.ts';
import { stepMs } from './market.ts';
import { archiveDays, type World } from './world.ts';

/** What the checker says when nothing is amiss. */
export const sound: Verdict = { lost: 0, doubled: 0, torn: 0, orphans: 0, wrong: 0, problems: [] };

export const requestOf = (world: World, damaged: readonly string[] = []): CheckRequest => {
  const { ledgerFile, dataDir, modelsDir, controllerFile, at } = world;
  return {
    ...{ ledgerFile, dataDir, modelsDir, controllerFile, damaged, archiveDays },
    ...{ modelArchiveDir: at('old-models'), truthDir: at('truth'), timeframeMs: stepMs },
    strict: world.config.training.exactlyOnce,
    ...{ promised: at('engines.ndjson'), witnessed: at('witness.ndjson') },
  };
};

/**
 * How far what the arms know is from a replay of the outcomes on record, at most. The controller's own code: to be asked when
 * nobody writes any more.
 */
export const replayError = ({ controllerFile, config }: World): number => {
  const { controller, training, paths, domain } = config;
  const schemas = loadStrategySchemas(paths.schemasDir);
  const own = openController({ path: controllerFile, domain, schemas, seed: training.seed, ...controller });
  try {
    return Math.max(...own.scopes().map((scope) => own.verify(scope)));
  } finally {
    own.close();
  }
};

/** Runs the checker program on what the world has left on disk. */
export const verdictOn = async (world: World, damaged: readonly string[] = []): Promise<Verdict> => {
  world.demandOnlookers();
  world.market.writeTruth(world.at('truth'));
  const file = world.at('check.json');
  writeFileSync(file, JSON.stringify(requestOf(world, damaged)));
  const program = fileURLToPath(new URL('checker/main.ts', import.meta.url));
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, ['--import', 'tsx', program, file], { maxBuffer: 1e8 }, (error, out, said) => {
      // It fails when it found a problem; what it found is on stdout then.
      if (out.startsWith('{')) resolve(out);
      else reject(new Error(`the checker failed: ${said}`, { cause: error }));
    });
  });
  return JSON.parse(stdout) as Verdict;
};
