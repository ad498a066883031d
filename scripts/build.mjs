import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, say } from './run.mjs';

const stampFile = (root) => join(root, 'node_modules', '.cache', 'autotrain', 'built.txt');

/** Folders that tsconfig.build.json leaves out, or that hold no source. */
const skipped = new Set(['node_modules', 'dist', 'tests', 'coverage', 'docs', 'scripts']);

const filesUnder = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return skipped.has(entry.name) || entry.name.startsWith('.') ? [] : filesUnder(path);
  });

const isSource = (path) => path.endsWith('.ts') && !/\.(test|fixture|config)\.ts$/.test(path);

const sourcesOf = (root) => filesUnder(root).filter(isSource).sort();

const sourceHash = (root) => {
  const hash = createHash('sha256');
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) =>
    join(root, name),
  );
  for (const path of [...settings, ...sourcesOf(root)])
    hash.update(`${relative(root, path)}\0`).update(readFileSync(path));
  return hash.digest('hex');
};

export const isBuilt = (root) =>
  existsSync(join(root, 'dist')) &&
  existsSync(stampFile(root)) &&
  readFileSync(stampFile(root), 'utf8') === sourceHash(root);

/** A module whose source is gone would otherwise stay importable. */
const removeOrphans = (root) => {
  const dist = join(root, 'dist');
  const sourceOf = (path) => join(root, `${relative(dist, path).replace(/(\.d\.ts|\.js)$/, '')}.ts`);
  for (const path of filesUnder(dist)) if (!existsSync(sourceOf(path))) rmSync(path);
};

/** The program, the page that a browser runs, and the types of the client that others import. */
const projects = ['tsconfig.build.json', 'dashboard/page', 'client'];

/** Not incremental: tsc believes its notes rather than dist/, and would leave a removed dist/ empty. */
const compile = (root, project) =>
  run(
    [
      process.execPath,
      join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
      '-p',
      project,
      '--incremental',
      'false',
      '--tsBuildInfoFile',
      'null',
    ],
    { cwd: root },
  );

/** Temporal runs workflows from one file; made here, no worker has to make it at its start. */
const bundleWorkflows = async (root) => {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'dist', 'workflows', 'index.js'),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(join(root, 'dist', 'workflow-bundle.js'), code);
};

/**
 * Compiles the sources to dist/, and bundles the workflows, when they changed.
 *
 * @param {string} root of the repository; its packages are installed
 */
export const build = async (root) => {
  if (isBuilt(root)) return;
  say('Building dist/');
  rmSync(stampFile(root), { force: true });
  const hash = sourceHash(root);
  for (const project of projects) {
    const { ok, output } = await compile(root, project);
    if (!ok) throw new Error(`the build failed:\n${output}`);
  }
  removeOrphans(root);
  await bundleWorkflows(root);
  mkdirSync(dirname(stampFile(root)), { recursive: true });
  writeFileSync(stampFile(root), hash);
};

/** `node scripts/build.mjs`: for images, where the packages are there and no Temporal server is wanted. */
if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  await build(fileURLToPath(new URL('..', import.meta.url)));
