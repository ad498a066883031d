import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row } from '../result.ts';
import { startC } from './c-peer.ts';
import { type Case, covarianceTypes, createCase, type Size } from './case.ts';
import { writeCase } from './case-file.ts';
import type { Contestant } from './contestant.ts';
import { startHmmlearn } from './hmmlearn-peer.ts';
import { ourFit, ourPredict } from './ours.ts';
import type { PeerProcess } from './peer-process.ts';
import { race, type Times } from './race.ts';

export interface CompareOptions {
  readonly sizes: readonly Size[];
  readonly iterations: number;
  readonly rounds: number;
  /** Python with hmmlearn, if there is one. */
  readonly python: string | undefined;
  readonly hasC: boolean;
}

/** Rows of all cases: `fit_vs_log`, `fit_vs_scaling`, `fit_vs_c`, `plain_vs_log`, `predict` with the case's name. */
export const compare = async (options: CompareOptions): Promise<Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-hmm-'));
  const rows: Row[] = [];
  try {
    for (const size of options.sizes)
      for (const type of covarianceTypes)
        rows.push(...(await compareCase(folder, createCase(size, type), options)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
};

const compareCase = async (folder: string, one: Case, options: CompareOptions): Promise<Row[]> => {
  const file = join(folder, 'case.bin');
  writeCase(file, one);
  const { python, hasC, iterations, rounds } = options;
  const hmmlearn = python === undefined ? undefined : await startHmmlearn(python, file);
  const c = hasC ? await startC(folder, one.initial, file) : undefined;
  try {
    const fits = await race(`fit ${one.name}`, fitters(one, iterations, hmmlearn, c), rounds);
    const predictions = await race(`predict ${one.name}`, predictors(one, hmmlearn), rounds);
    return rowsOf(one.name, fits, predictions, rounds);
  } finally {
    hmmlearn?.stop();
    c?.stop();
  }
};

const fitters = (
  one: Case,
  iterations: number,
  hmmlearn: PeerProcess | undefined,
  c: PeerProcess | undefined,
): Contestant[] => [
  ourFit('ours', one, iterations, 'wasm'),
  ourFit('plain', one, iterations, 'plain'),
  ...asked(hmmlearn, 'log', `fit log ${iterations}`),
  ...asked(hmmlearn, 'scaling', `fit scaling ${iterations}`),
  ...asked(c, 'c', `fit ${iterations}`),
];

const predictors = (one: Case, hmmlearn: PeerProcess | undefined): Contestant[] => [
  ourPredict('ours', one, 'wasm'),
  ...asked(hmmlearn, 'hmmlearn', 'predict'),
];

const asked = (peer: PeerProcess | undefined, name: string, command: string): Contestant[] =>
  peer ? [{ name, lap: () => peer.ask(command) }] : [];

const rowsOf = (name: string, fits: Times, predictions: Times, runs: number): Row[] => [
  row(`fit_vs_log ${name}`, fits['ours']!, fits['log'], runs),
  row(`fit_vs_scaling ${name}`, fits['ours']!, fits['scaling'], runs),
  row(`fit_vs_c ${name}`, fits['ours']!, fits['c'], runs),
  row(`plain_vs_log ${name}`, fits['plain']!, fits['log'], runs),
  row(`predict ${name}`, predictions['ours']!, predictions['hmmlearn'], runs),
];

const row = (name: string, ours: number, peer: number | undefined, runs: number): Row => ({
  name,
  ours,
  peer: peer ?? null,
  ratio: peer === undefined ? null : peer / ours,
  limit: null,
  unit: 'CPU s',
  runs,
});
