/** Opens the ledger whose path it is given, and is killed at the named point. */
import { openLedger } from '../open.ts';

const [, , path, wanted] = process.argv;
openLedger({
  path: path!,
  domain: 'production',
  crash: (point) => {
    if (point === wanted) process.kill(process.pid, 'SIGKILL');
  },
});
