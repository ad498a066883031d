// For `snapshotInThread` in tests: Node 20 cannot start a worker thread from a .ts file.
import { register } from 'tsx/esm/api';

register();
await import('../workers/snapshot-thread.ts');
