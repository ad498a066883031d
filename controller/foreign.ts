import type { Sqlite } from '../sqlite.ts';
import { ControllerError } from './errors.ts';

const tablesOf = (client: Sqlite.Database): string[] =>
  client
    .prepare<[], string>("select name from sqlite_master where type = 'table' order by name")
    .pluck()
    .all();

/**
 * A file that has tables and none of ours, such as the parameter store of the older stack: our tables are never made
 * among them. It is only looked at, so it stays as it is.
 */
export const refuseForeign = (client: Sqlite.Database, path: string): void => {
  const tables = tablesOf(client);
  if (tables.length === 0 || tables.includes('__drizzle_migrations')) return;
  throw new ControllerError(
    'Conflict',
    `PC_DB ${path} is no parameter store of Autotrain: another program made it, such as the param_controller of the Python stack (its tables: ${tables.join(', ')}); it is left as it is, and nothing is taken over from it. Set PC_DB to a file that is not there yet; engines register their presets again (POST /preset/register)`,
  );
};
