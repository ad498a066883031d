// For `openControllerThreads({ workerUrl })` in tests: Node 20 cannot start a worker thread from a .ts file.
import { register } from 'tsx/esm/api';

register();
await import('../controller/thread/worker.ts');
