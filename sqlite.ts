/**
 * better-sqlite3: version 13 where Node has Node-API 10 (22.14 and later), else 12. Version 13 does not run on Node 20; version 12
 * aborts on Node 24.19 and later when a statement is collected (nodejs/node#65446).
 */
import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3';

const require = createRequire(import.meta.url);

const name = Number(process.versions['napi']) >= 10 ? 'better-sqlite3-napi' : 'better-sqlite3';

export const Sqlite = require(name) as typeof BetterSqlite3;

export declare namespace Sqlite {
  type Database = BetterSqlite3.Database;
  type Statement<Bind extends unknown[] | {} = unknown[], Row = unknown> = BetterSqlite3.Statement<Bind, Row>;
}
