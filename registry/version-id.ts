import { createHash } from 'node:crypto';

const pattern = /^\d{8}T\d{6}Z__hmm(?:[2-9]|1[0-2]|auto)__[0-9a-f]{8}$/;

/** The one check that a text may be used as a version's name, and so as part of a path. */
export const isVersionId = (text: string): boolean => pattern.test(text);

export interface VersionIdParts {
  /** When the run claimed its files, epoch ms: the same in each attempt, and after a Reset. */
  readonly claimedAtMs: number;
  readonly nStates: number | 'auto';
  /** The claim's first fence: the name follows from the claim, so a retry finds its own finished directory. */
  readonly claimId: number;
  readonly dataHash: string;
}

const timestamp = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

/** `<UTC yyyymmddThhmmssZ>__hmm<K|auto>__<8 hex>`. */
export const versionIdOf = ({ claimedAtMs, nStates, claimId, dataHash }: VersionIdParts): string => {
  const hash = createHash('sha256').update(`${claimId}\n${dataHash}`).digest('hex').slice(0, 8);
  return `${timestamp(claimedAtMs)}__hmm${nStates}__${hash}`;
};
