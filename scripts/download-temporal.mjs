// Run as a process of its own, because a download of the SDK cannot be ended otherwise: VERSION FOLDER.

import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';

const [version, downloadDir] = process.argv.slice(2);

Runtime.install({ logger: new DefaultLogger('ERROR') });
process.once('uncaughtException', (error) => {
  console.error(error.message);
  process.exit(1);
});
const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', version, downloadDir } },
});
await environment.teardown();
