/**
 * Loads both compose files: with Docker Compose where its plugin is there, else with its own loader where Go is there.
 * Exit code 0: they load, 1: they do not, 3: neither program is there.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, say } from './run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const alone = ['docker-compose.temporal.yml'];
const sets = [alone, [...alone, 'compose.autotrain.yml']];
const env = { ...process.env, ENGINE_NETWORK: 'engine_default' };

const has = async (command) => (await run(command)).ok;

const withDocker = (files) => ['docker', 'compose', ...files.flatMap((file) => ['-f', file]), 'config', '-q'];

const withGo = (files) => ['go', 'run', '-C', join('ops', 'compose-check'), '.', root, ...files];

const chooseLoader = async () => {
  if (await has(['docker', 'compose', 'version'])) return { name: 'Docker Compose', command: withDocker };
  if (await has(['go', 'version'])) return { name: 'compose-go', command: withGo };
  return undefined;
};

const loader = await chooseLoader();
if (loader === undefined) {
  say('the compose files were not loaded: neither Docker Compose nor Go is there');
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
