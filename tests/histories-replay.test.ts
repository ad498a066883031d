import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type ReplayResult, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HistoryFile, historyFiles } from './support/history-files.ts';
import { testTemporal } from './temporal-server.ts';

const { workflowBundle } = testTemporal(import.meta.url);
const workflows = fileURLToPath(new URL('../workflows/', import.meta.url));
const histories = historyFiles();
const names = histories.map(({ name }) => name);

const replay = async (bundle: { code: string }, files: readonly HistoryFile[]): Promise<ReplayResult[]> => {
  const given = files.map(({ name, history }) => ({ workflowId: name, history }));
  const results: ReplayResult[] = [];
  for await (const result of Worker.runReplayHistories({ workflowBundle: bundle }, given))
    results.push(result);
  return results;
};

/** The errors of what did not replay, by the name of the history. */
const violations = async (bundle: { code: string }): Promise<Record<string, unknown>> => {
  const results = await replay(bundle, histories);
  expect(results.map(({ workflowId }) => workflowId).sort()).toEqual(names);
  return Object.fromEntries(results.flatMap(({ workflowId, error }) => (error ? [[workflowId, error]] : [])));
};

const textOf = (name: string): string => {
  const found = histories.find((file) => file.name === name);
  return JSON.stringify(found?.history ?? expect.fail(`there is no history ${name}`));
};

describe('the recorded histories', () => {
  it('hold every workflow, and what is hard to get right', () => {
    const recorded = new Set(histories.map(({ history }) => typeOf(history.events[0])));
    const exported = readFileSync(path.join(workflows, 'index.ts'), 'utf8').matchAll(/export \{ (\w+) \}/g);
    expect([...recorded].sort()).toEqual([...exported].map(([, name = '']) => name).sort());
    expect(textOf('ingest-continued-as-new')).toContain('WORKFLOW_EXECUTION_CONTINUED_AS_NEW');
    expect(textOf('promote-continued-as-new')).toContain('WORKFLOW_EXECUTION_CONTINUED_AS_NEW');
    expect(textOf('retrain-cancelled-and-gave-back')).toMatch(
      /ACTIVITY_TASK_CANCELED.*giveBack.*EXECUTION_CANCELED/,
    );
    expect(textOf('retrain-failed-and-gave-back')).toMatch(
      /ACTIVITY_TASK_FAILED.*giveBack.*EXECUTION_FAILED/,
    );
    expect(textOf('retrain-one-failed-one-short-and-gave-back')).toMatch(
      /ACTIVITY_TASK_FAILED.*core_patch.*giveBack.*giveBack.*giveBack.*EXECUTION_FAILED/,
    );
    expect(textOf('promote-superseded-and-approved').match(/UPDATE_COMPLETED/g)).toHaveLength(3);
    expect(textOf('retrain-reset')).toContain('resetWorkflowFailureInfo');
  });

  it('all replay against the workflows as they are now', async () => {
    expect(await violations(workflowBundle)).toEqual({});
  });
});

const typeOf = (event: HistoryFile['history']['events'][number] | undefined): string => {
  const started = event?.['workflowExecutionStartedEventAttributes'] as { workflowType: { name: string } };
  return started.workflowType.name;
};

interface Change {
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Which histories it must break, and no others. */
  readonly breaks: RegExp;
}

const changes: readonly Change[] = [
  {
    what: 'a retrain that archives before it asks for the promotion',
    file: 'retrain.ts',
    from: "  const promotion = await orSay(() => decidePromotion(version, request), whyNotPromoted);\n  stage('archive');",
    to: "  await housekeeping.archiveProcessed();\n  const promotion = await orSay(() => decidePromotion(version, request), whyNotPromoted);\n  stage('archive');",
    breaks: /^retrain-(awaiting|promoted|not-promoted|one-series|pooled|reset|stored|older)/,
  },
  {
    what: 'a stored version that is taken for a failure again',
    file: 'retrain.ts',
    from: "if (!patched('version-stands')) throw error;",
    to: "if (patched('version-stands')) throw error;",
    breaks: /^retrain-(stored|older)-/,
  },
  {
    what: 'a compensation that is forgotten',
    file: 'retrain.ts',
    from: '    await giveBackAfterFailure(claim, error);\n',
    to: '',
    breaks: /^retrain-.*-and-gave-back/,
  },
  {
    what: 'an ingest that never continues as new',
    file: 'ingest.ts',
    from: 'if (ofThisRun >= pagesPerRun ||',
    to: 'if (ofThisRun >= 1_000 ||',
    breaks: /^ingest-continued-as-new/,
  },
  {
    what: 'a janitor that does its two steps the other way round',
    file: 'janitor.ts',
    from: '  const claims = await ledger.sweepClaims();\n  const disk = await housekeeping.tidyDisk();',
    to: '  const disk = await housekeeping.tidyDisk();\n  const claims = await ledger.sweepClaims();',
    breaks: /^janitor/,
  },
  {
    what: 'a promotion that does not wait for approval',
    file: 'promote.ts',
    from: 'condition(() => begun && (waiting === undefined || isLong()) && allHandlersFinished())',
    to: 'condition(() => begun && allHandlersFinished())',
    breaks: /^promote-(superseded|continued|after-continue)/,
  },
  {
    what: 'a promotion that waits in one run for ever',
    file: 'promote.ts',
    from: 'waiting === undefined || isLong()',
    to: 'waiting === undefined',
    breaks: /^promote-continued-as-new/,
  },
  {
    what: 'a tick that looks before it starts the run',
    file: 'tick.ts',
    from: '    await startChild(',
    to: '    await sleep(1);\n    await startChild(',
    breaks: /^tick/,
  },
];

/** Inside the repository, so that the copies find the SDK; git, the types and the linters do not look in there. */
const cache = fileURLToPath(new URL('../.autotrain/', import.meta.url));
let copies: string;
beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  mkdirSync(cache, { recursive: true });
  copies = mkdtempSync(path.join(cache, 'changed-workflows-'));
});
afterAll(() => rmSync(copies, { recursive: true, force: true }));

const bundleWith = async ({ file, from, to }: Change, folder: string): Promise<{ code: string }> => {
  cpSync(workflows, folder, { recursive: true });
  const source = readFileSync(path.join(folder, file), 'utf8');
  expect(source.split(from), `${file} holds exactly once: ${from}`).toHaveLength(2);
  const imported = to.includes('sleep(') ? "import { sleep } from '@temporalio/workflow';\n" : '';
  writeFileSync(path.join(folder, file), imported + source.replace(from, to));
  const logger = new DefaultLogger('ERROR');
  return await bundleWorkflowCode({ workflowsPath: path.join(folder, 'index.ts'), logger });
};

describe('a change of the workflows is noticed:', () => {
  it.each(changes.map((change) => [change.what, change] as const))('%s', async (_, change) => {
    const broken = await violations(
      await bundleWith(change, path.join(copies, String(changes.indexOf(change)))),
    );
    expect(Object.keys(broken).sort()).toEqual(names.filter((name) => change.breaks.test(name)));
    for (const error of Object.values(broken)) expect(error).toBeInstanceOf(DeterminismViolationError);
  });
});
