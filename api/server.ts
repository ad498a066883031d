/** The gateway process. */
import { fail, serve } from './serve.ts';

await serve(process.env).catch(fail);
