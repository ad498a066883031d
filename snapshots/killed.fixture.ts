/** Restores a snapshot, or completes a restore, in the places that it is given, and is killed at the named point. */
import type { CrashPoint } from '../ledger/crash-points.ts';
import type { Places } from './places.ts';
import { restoreSnapshot, resumeRestore } from './restore.ts';

interface Task {
  readonly places: Places;
  /** Absent: the restore that was interrupted is completed. */
  readonly name?: string;
  readonly point: string;
}

const { places, name, point } = JSON.parse(process.argv[2]!) as Task;
const crash: CrashPoint = (passed) => {
  if (passed === point) process.kill(process.pid, 'SIGKILL');
};
if (name === undefined) resumeRestore(places.ledgerFile, crash);
else restoreSnapshot({ places, name, actor: 'test', crash });
