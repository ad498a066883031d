import { execFileSync } from 'node:child_process';
import { type PeerProcess, startPeer } from './peer-process.ts';
import { sourceOf } from './sources.ts';

/** A Python with hmmlearn: HMMLEARN_PYTHON, else python3 if that has it. Undefined: there is none. */
export const findHmmlearn = (): string | undefined => {
  const python = process.env['HMMLEARN_PYTHON'] ?? 'python3';
  try {
    execFileSync(python, ['-c', 'import hmmlearn'], { stdio: 'ignore' });
    return python;
  } catch {
    return undefined;
  }
};

export const startHmmlearn = (python: string, caseFile: string): Promise<PeerProcess> =>
  startPeer(python, [sourceOf('hmm_peer.py'), caseFile]);
