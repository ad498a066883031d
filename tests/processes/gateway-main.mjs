// The gateway process as api/server.ts makes it, with a thread that can load TypeScript.
const { fail, serve } = await import('../../api/serve.ts');

await serve(process.env, { workerUrl: new URL('../controller-thread.mjs', import.meta.url) }).catch(fail);
