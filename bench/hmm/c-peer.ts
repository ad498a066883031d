import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Hmm } from '../../hmm/model.ts';
import { type PeerProcess, startPeer } from './peer-process.ts';
import { sourceOf } from './sources.ts';

export const hasCompiler = (): boolean => {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Compiles the loop for the shape of the model, which the compiler then knows as our kernel does, and starts it. */
export const startC = (
  folder: string,
  { nStates: K, nFeatures: D, covarianceType }: Hmm,
  caseFile: string,
): Promise<PeerProcess> => {
  const isFull = covarianceType === 'full' ? 1 : 0;
  const program = join(folder, `hmm_loop_${K}_${D}_${isFull}`);
  const shape = [`-DK=${K}`, `-DD=${D}`, `-DFULL=${isFull}`];
  execFileSync('gcc', ['-O3', '-march=native', ...shape, sourceOf('hmm_loop.c'), '-o', program, '-lm']);
  return startPeer(program, [caseFile]);
};
