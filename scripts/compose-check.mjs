/**
 * Loads both compose files: with Docker Compose where its plugin is there, else with its own loader where Go is there.
 * Exit code 0: they load, 1: they do not, 3: neither program is there, or Go cannot get what the loader is made of.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, say } from './run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const alone = ['docker-compose.temporal.yml'];
const sets = [alone, [...alone, 'compose.autotrain.yml']];
const env = { ...process.env, ENGINE_NETWORK: 'engine_default' };

const folder = mkdtempSync(join(tmpdir(), 'autotrain-compose-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const program = join(folder, 'load');

const has = async (command) => (await run(command)).ok;

const withDocker = (files) => ['docker', 'compose', ...files.flatMap((file) => ['-f', file]), 'config', '-q'];

const withGo = (files) => [program, root, ...files];

const chooseLoader = async () => {
  if (await has(['docker', 'compose', 'version'])) return { name: 'Docker Compose', command: withDocker };
  const build = ['go', 'build', '-C', join(root, 'ops', 'compose-check'), '-o', program, '.'];
  if (await has(build)) return { name: 'compose-go', command: withGo };
  return undefined;
};

const loader = await chooseLoader();
if (loader === undefined) {
  say('the compose files were not loaded: neither Docker Compose is there, nor Go and what it would build');
  process.exit(3);
}
for (const files of sets) {
  const { ok, output } = await run(loader.command(files.map((file) => join(root, file))), { cwd: root, env });
  if (!ok) {
    say(output);
    process.exit(1);
  }
  say(`${files.join(' + ')}: loaded by ${loader.name}`);
}
