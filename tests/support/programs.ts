import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const isOnPath = (name: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));

/** Without such a program its tests are skipped, unless REQUIRE_PROGRAMS=1 (as CI says). */
export const hasProgram = (name: string): boolean =>
  isOnPath(name) || process.env['REQUIRE_PROGRAMS'] === '1';
