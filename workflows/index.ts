/** What the workers register. */
export { audit } from './audit.ts';
export { ingest } from './ingest.ts';
export { janitor } from './janitor.ts';
export { promote } from './promote.ts';
export { retrain } from './retrain.ts';
export { tick } from './tick.ts';
export { watch } from './watch.ts';
