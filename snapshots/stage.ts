import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { carryOverTrading } from '../controller/guardrails/carry-over.ts';
import { makeDirectory, syncDirectory, syncPath } from '../ledger/durable-file.ts';
import { type EpochBegun, epochOf } from '../ledger/epoch.ts';
import { openLedger } from '../ledger/open.ts';
import { parts } from './collect.ts';
import { SnapshotError } from './errors.ts';
import { copySynced, filesUnder, linkOrCopy, segmentsUnder, syncTree } from './folders.ts';
import type { Kills } from './kills.ts';
import type { Manifest } from './manifest.ts';
import type { Move } from './moves.ts';
import type { Places } from './places.ts';
import { type BytesProgress, countBytes } from './progress.ts';
import { bytesOf } from './verify.ts';

export interface StageRequest {
  readonly places: Places;
  readonly folder: string;
  readonly manifest: Manifest;
  readonly actor: string;
  /** Of the state that is replaced. */
  readonly kills: Kills;
  /** Ends the names of what is kept aside. */
  readonly stamp: string;
  /** Goes on where verifying ended: half of all bytes are done. */
  readonly progress?: BytesProgress;
}

type Copy = (from: string, to: string) => void;

interface Part {
  readonly from: string;
  readonly target: string;
  readonly copy: Copy;
  /** What is at the target and not in the snapshot comes along. */
  readonly keeps?: boolean;
}

/** The ledger comes last: while the old one is in place, so is what it names, as far as a crash goes. */
const partsOf = ({ places, folder, manifest }: StageRequest): Part[] =>
  [
    { from: parts.registry, target: join(places.modelsDir, 'registry'), copy: copySynced },
    { from: parts.archive, target: join(places.dataDir, 'archive'), copy: linkOrCopy },
    { from: parts.landing, target: places.landingDir, copy: linkOrCopy },
    { from: parts.audit, target: join(places.dataDir, 'audit'), copy: linkOrCopy, keeps: true },
    ...(manifest.parameter_store
      ? [{ from: parts.controller, target: places.controllerFile, copy: copySynced }]
      : []),
    { from: parts.ledger, target: places.ledgerFile, copy: copySynced },
  ].map((part) => ({ ...part, from: join(folder, part.from) }));

/** A part is put in place by renaming, which a mount point does not take part in. */
const requireRenamable = ({ target }: Part): void => {
  makeDirectory(dirname(target));
  const there = statSync(target, { throwIfNoEntry: false });
  if (there === undefined || there.dev === statSync(dirname(target)).dev) return;
  throw new SnapshotError(
    'Refused',
    `${target} is a mount point: it cannot be replaced as a whole; mount ${dirname(target)} instead`,
  );
};

const stagedName = (target: string): string => `${target}.restoring`;

type Count = (bytes: number) => void;

/** Segments of an audit log are evidence, also those that the restored databases do not name (yet). */
const keepWhatIsThere = ({ target, copy }: Part, staged: string): void => {
  const others = segmentsUnder(target).filter((path) => !existsSync(join(staged, path)));
  for (const path of others) copy(join(target, path), join(staged, path));
};

const copyFolder = (part: Part, staged: string, count: Count): void => {
  const { from, copy } = part;
  mkdirSync(staged);
  for (const path of filesUnder(from)) {
    copy(join(from, path), join(staged, path));
    count(statSync(join(from, path)).size);
  }
  if (part.keeps) keepWhatIsThere(part, staged);
  syncTree(staged);
};

const isDatabase = ({ from }: Part): boolean => from.endsWith('.sqlite');

const stagePart = (part: Part, stamp: string, count: Count): Move => {
  const staged = stagedName(part.target);
  for (const suffix of ['', '-wal', '-shm', '-journal'])
    rmSync(staged + suffix, { recursive: true, force: true });
  if (isDatabase(part)) {
    part.copy(part.from, staged);
    count(statSync(part.from).size);
  } else copyFolder(part, staged, count);
  syncDirectory(dirname(part.target));
  return { staged, target: part.target, aside: `${part.target}.replaced-${stamp}` };
};

const hourMs = 3_600_000;

/** Of the state that is replaced. Where that cannot be read any more, more than it can have grown to since the snapshot. */
const epochBefore = ({ places, manifest }: StageRequest): number =>
  epochOf(places.ledgerFile) ??
  manifest.ledger.epoch + Math.ceil(Math.max(0, Date.now() - Date.parse(manifest.created_at)) / hourMs);

const beginEpoch = (request: StageRequest, staged: string): EpochBegun => {
  const { places, manifest, actor, kills } = request;
  const after = epochBefore(request);
  const ledger = openLedger({ path: staged, domain: places.domain });
  try {
    const reason = `restored from the snapshot ${manifest.name}`;
    return ledger.beginEpoch({ after, actor, reason, kill: kills.training });
  } finally {
    ledger.close();
    syncPath(staged);
  }
};

const keepTradingKilled = ({ places, kills, actor }: StageRequest): void => {
  if (kills.trading.length === 0) return;
  const path = stagedName(places.controllerFile);
  carryOverTrading({ path, domain: places.domain, states: kills.trading, actor });
  syncPath(path);
};

/** Puts a complete copy of each part beside what it will replace; nothing of the live state is touched. */
export const stageRestore = (request: StageRequest): { moves: Move[]; begun: EpochBegun } => {
  const all = partsOf(request);
  for (const part of all) requireRenamable(part);
  const total = bytesOf(request.manifest);
  const count = countBytes(2 * total, request.progress, total);
  const moves = all.map((part) => stagePart(part, request.stamp, count));
  keepTradingKilled(request);
  return { moves, begun: beginEpoch(request, stagedName(request.places.ledgerFile)) };
};
