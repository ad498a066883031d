import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { z } from 'zod';
import { violations } from './bounds.ts';
import { type StrategySchema, strategySchema } from './schema.ts';

/** Strategy name → its schema. */
export type StrategySchemas = ReadonlyMap<string, StrategySchema>;

const packageRoot = (from: string): string =>
  existsSync(join(from, 'package.json')) ? from : packageRoot(dirname(from));

/** `tsc` copies no YAML, so source and dist/ both read the folder at the root of the package. */
export const bundledFolder = (): string =>
  join(packageRoot(dirname(fileURLToPath(import.meta.url))), 'strategy_schemas');

const refuse = (file: string, lines: readonly string[]): never => {
  throw new Error([`${file} is no valid strategy schema:`, ...lines.map((line) => `  ${line}`)].join('\n'));
};

const pathOf = (path: readonly PropertyKey[]): string =>
  path.length === 0 ? '(whole file)' : path.join('.');

const readYaml = (file: string): unknown => {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return refuse(file, [error instanceof Error ? error.message : String(error)]);
  }
};

const issueLine = ({ path, message }: z.core.$ZodIssue): string => `${pathOf(path)}: ${message}`;

const checkPresets = (file: string, schema: StrategySchema): void => {
  const lines = Object.entries(schema.presets).flatMap(([preset, params]) =>
    violations(schema, params).map(({ field, message }) => `presets.${preset}.${field}: ${message}`),
  );
  if (lines.length > 0) refuse(file, lines);
};

/** Reads one file. Throws with file, path within it, and what is allowed. */
export const readStrategySchema = (file: string): StrategySchema => {
  const parsed = strategySchema.safeParse(readYaml(file));
  if (!parsed.success) return refuse(file, parsed.error.issues.map(issueLine));
  const schema = parsed.data;
  if (`${schema.strategy}.yaml` !== basename(file)) {
    refuse(file, [`strategy: is "${schema.strategy}"; the file's name says "${basename(file, '.yaml')}"`]);
  }
  checkPresets(file, schema);
  return schema;
};

/** Every *.yaml of the folder (default: the bundled ones). One invalid file refuses them all. */
export const loadStrategySchemas = (folder: string = bundledFolder()): StrategySchemas => {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort();
  const schemas = files.map((file) => readStrategySchema(join(folder, file)));
  return new Map(schemas.map((schema) => [schema.strategy, schema]));
};
