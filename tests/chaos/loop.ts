import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { seriesKey } from '../../series.ts';
import { Sqlite } from '../../sqlite.ts';
import { askDecision } from '../../temporal/promotion-requests.ts';
import { ingestId, janitorId, retrainId, taskQueues } from '../../workflows/ids.ts';
import type { World } from './world.ts';

/** How long nobody may answer; a question that waited long was heard. */
const patienceMs = 120_000;
const heardMs = 5_000;

/** Asks until the server answers: it may be killed at any moment. What the run itself ended with is the answer. */
const patiently = async <T>(what: string, ask: () => Promise<T>): Promise<T> => {
  for (let until = Date.now() + patienceMs; ; await delay(100)) {
    const asked = Date.now();
    try {
      return await ask();
    } catch (error) {
      const final = error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError;
      if (final) throw error;
      if (Date.now() - asked > heardMs) until = Date.now() + patienceMs;
      if (Date.now() > until)
        throw new Error(`${what}: no end after ${patienceMs / 1000} s`, { cause: error });
    }
  }
};

const startOrJoin = (world: World, workflow: string, id: string, queue: string, args: readonly unknown[]) =>
  patiently(workflow, () =>
    world.client.workflow.start(workflow, {
      workflowId: id,
      taskQueue: queue,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [...args],
    }),
  );

/** Its result, or undefined when the run failed, as runs may under fire: the next one goes on from what it gave back. */
const endOf = async <T>(handle: WorkflowHandle): Promise<T | undefined> => {
  try {
    return (await patiently(handle.workflowId, () => handle.result())) as T;
  } catch (error) {
    if (error instanceof WorkflowFailedError) return undefined;
    throw error;
  }
};

/** The steps of the loop, each as an operator or a schedule would start it. */
export const loopOf = (world: World) => {
  const series = world.config.series.map(seriesKey);
  const ingest = async (candles: number): Promise<void> => {
    world.market.advance(candles);
    const handles = await Promise.all(
      series.map((key) =>
        startOrJoin(world, 'ingest', ingestId(key), taskQueues.ingest, [{ series: key, until: 'now' }]),
      ),
    );
    await Promise.all(handles.map(endOf));
  };
  const startRetrain = () => startOrJoin(world, 'retrain', retrainId, taskQueues.train, [{}]);
  const retrain = async () => await endOf<{ version_id: string; message: string }>(await startRetrain());
  const janitor = async (): Promise<void> => {
    await endOf(await startOrJoin(world, 'janitor', janitorId, taskQueues.train, []));
  };
  /** The newest version becomes the champion, as if a person had asked for it. */
  const promote = async (): Promise<void> => {
    const newest = newestVersion(world);
    if (newest === undefined || newest.serves === 1) return;
    const request = { kind: 'promote', actor: 'chaos', reason: 'chaos' } as const;
    const versionId = newest.version_id;
    await patiently('promote', () =>
      askDecision(world.client, { ...request, versionId, requestId: `chaos:${versionId}` }),
    ).catch((error: unknown) => {
      // Pruned or overtaken meanwhile: a later one is promoted instead.
      if (!/NotFound|Conflict|UnknownVersion|Update failed/.test(String(error))) throw error;
    });
  };
  return { ingest, startRetrain, retrain, janitor, promote };
};

export type Loop = ReturnType<typeof loopOf>;

const newestVersion = ({ ledgerFile }: World) => {
  const db = new Sqlite(ledgerFile, { readonly: true, timeout: 5_000 });
  try {
    return db
      .prepare(
        `select version_id, version_id = (select version_id from promotions order by fence desc limit 1) as serves
         from versions where pruned_at is null order by seq desc limit 1`,
      )
      .get() as { version_id: string; serves: number | null } | undefined;
  } finally {
    db.close();
  }
};
