import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { assertSafeToServe } from '../api/auth.ts';
import { settings } from '../config/settings.ts';
import { loadConfig } from '../config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const { version } = JSON.parse(read('package.json')) as { version: string };

interface Service {
  readonly image: string;
  readonly build?: { readonly args: Readonly<Record<string, string>> };
  readonly user?: string;
  readonly read_only?: boolean;
  readonly restart?: string;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly deploy?: { readonly resources: { readonly limits: Readonly<Record<string, unknown>> } };
  readonly ports?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly aliases?: readonly string[] }>>;
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: object;
  readonly networks?: object;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
  readonly configs?: Readonly<Record<string, { readonly file: string }>>;
}

const composeOf = (name: string): Compose => parse(read(name), { merge: true }) as Compose;
const whole = composeOf('docker-compose.temporal.yml');
const overlay = composeOf('compose.autotrain.yml');
const services = Object.entries(whole.services);

/** As compose would with nothing set: `${NAME:-default}`. */
const withDefaults = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

const isAwaited = (name: string): boolean =>
  services.some(
    ([, { depends_on = {} }]) => depends_on[name]?.condition === 'service_completed_successfully',
  );

describe.each(services)('the service %s', (name, service) => {
  it('runs an image of a fixed version', () => {
    expect(withDefaults(service.image)).toMatch(/^[\w./-]+:\d+(\.\d+)+$/);
    if (service.build) expect(withDefaults(service.image)).toBe(`autotrain:${version}`);
  });

  it('can write nowhere but its volumes, is not root and gains no rights', () => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(service.security_opt).toContain('no-new-privileges:true');
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it('is bounded, comes back, and is asked whether it lives, or is waited for', () => {
    const { cpus, memory, pids } = service.deploy?.resources.limits ?? {};
    expect(cpus).toMatch(/^\d+\.\d+$/);
    expect(memory).toMatch(/^\d+[MG]$/);
    expect(pids).toBeGreaterThan(0);
    expect(service.restart).toMatch(/^(unless-stopped|on-failure:\d+)$/);
    if (service.healthcheck?.disable) expect(isAwaited(name)).toBe(true);
    else expect(service.healthcheck?.test?.length).toBeGreaterThan(1);
  });

  it('publishes on loopback only', () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('uses only volumes, secrets and configs that there are', () => {
    const declared = (kind: object | undefined, used: readonly string[] = []) =>
      expect(Object.keys(kind ?? {})).toEqual(expect.arrayContaining([...used]));
    declared(
      whole.volumes,
      service.volumes?.map((volume) => volume.split(':')[0]!),
    );
    declared(whole.secrets, service.secrets);
    declared(
      whole.configs,
      service.configs?.map(({ source }) => source),
    );
    declared(whole.services, Object.keys(service.depends_on ?? {}));
  });
});

const ours = services.filter(([, { build }]) => build !== undefined);

const folder = mkdtempSync(join(tmpdir(), 'autotrain-compose-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secretsOf: Readonly<Record<string, string>> = {
  gateway_api_keys: 'engine:an-engine-key',
  payload_key: '',
};

/** The environment of a container, its secrets in files of ours. */
const environmentOf = ({ environment = {} }: Service): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => {
      const secret = /^\/run\/secrets\/(\w+)$/.exec(value)?.[1];
      if (secret === undefined) return [name, withDefaults(value)];
      const path = join(folder, secret);
      writeFileSync(path, secretsOf[secret]!);
      return [name, path];
    }),
  );

describe('gateway and workers', () => {
  it('are the gateway and a worker for each role', () => {
    expect(ours.map(([name, { command }]) => [name, command?.join(' ')])).toEqual([
      ['gateway', 'node dist/api/server.js'],
      ['worker-ingest', 'node dist/workers/main.js --roles ingest'],
      ['worker-train', 'node dist/workers/main.js --roles train'],
    ]);
  });

  it.each(ours)('%s is given settings that exist, and that it starts with', (name, service) => {
    const secretFiles = Object.entries(settings).flatMap(([setting, about]) =>
      'secret' in about ? [`${setting}_FILE`] : [],
    );
    // Where other people's code may write.
    const known = [...Object.keys(settings), ...secretFiles, 'XDG_CACHE_HOME'];
    const environment = environmentOf(service);
    expect(Object.keys(environment).filter((setting) => !known.includes(setting))).toEqual([]);
    const config = loadConfig(environment);
    expect(config.paths).toMatchObject({ dataDir: '/ml', modelsDir: '/models' });
    expect(config.temporal.address).toBe('temporal:7233');
    if (name !== 'gateway') return expect(config.worker.metricsAddress).toBe('0.0.0.0:9464');
    expect(() => assertSafeToServe(config.gateway)).not.toThrow();
    expect(config.gateway).toMatchObject({ host: '0.0.0.0', port: 8000, compatPorts: [8001, 8002, 8003] });
    return undefined;
  });

  it('the gateway answers for the three older services, in its own network and in that of an engine', () => {
    const aliases = ['data_ingester', 'ml_service', 'param_controller'];
    expect(whole.services['gateway']?.networks).toEqual({ loop: { aliases } });
    expect(overlay.services['gateway']?.networks).toEqual({ loop: {}, engine: { aliases } });
    expect(Object.keys(overlay.services)).toEqual(ours.map(([name]) => name));
    for (const service of Object.values(overlay.services)) expect(Object.keys(service)).toEqual(['networks']);
    expect(overlay.networks).toMatchObject({ engine: { external: true } });
  });
});

describe('what the containers are given', () => {
  it('is there', () => {
    for (const { file } of Object.values(whole.configs ?? {}))
      expect(existsSync(join(root, file))).toBe(true);
    for (const { file } of Object.values(whole.secrets ?? {})) expect(file).toMatch(/^\.\/secrets\/\w+$/);
    expect(read('.gitignore')).toContain('/secrets/');
    expect(read('.dockerignore').split('\n')).toEqual(expect.arrayContaining(['secrets', '.env', '.git']));
  });

  it.each(['schema.sh', 'namespace.sh'])('%s is a shell script', (name) => {
    execFileSync('sh', ['-n', join(root, 'ops/temporal', name)]);
  });
});

describe('the Dockerfile', () => {
  const text = read('Dockerfile');
  const instructions = text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const of = (name: string) =>
    instructions.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));

  it('builds on the Node that compose names, in stages, and does not end as root', () => {
    const [node = ''] = of('ARG').map((arg) => arg.replace('NODE_VERSION=', ''));
    expect(node).toMatch(/^\d+\.\d+\.\d+$/);
    for (const [, { build }] of ours) expect(build?.args['NODE_VERSION']).toBe(node);
    expect(of('FROM')).toHaveLength(2);
    expect(of('USER').at(-1)).toBe('node');
  });

  it('copies only what there is, once the packages are installed and dist/ is built', () => {
    const copied = of('COPY')
      .filter((line) => line !== '. .')
      .flatMap((line) => line.replace('--from=build ', '').split(/\s+/).slice(0, -1))
      .map((path) => path.replace(/^\/app\//, ''));
    const made = ['node_modules', 'dist'];
    expect(copied).toEqual(expect.arrayContaining([...made, 'ledger/migrations', 'strategy_schemas']));
    for (const path of copied)
      expect([path, made.includes(path) || existsSync(join(root, path))]).toEqual([path, true]);
  });

  it('copies what is read from beside dist/ while it runs', () => {
    const copied = of('COPY').flatMap((line) => line.split(/\s+/).slice(1, -1));
    const isCopied = (path: string) =>
      copied.some((from) => from.startsWith('/app/') && `/app/${path}/`.startsWith(`${from}/`));
    const names = execFileSync('git', ['ls-files', '*.ts'], { cwd: root, encoding: 'utf8' }).split('\n');
    const sources = names.filter(
      (name) => name !== '' && !/^(tests|bench)\/|\.(test|fixture)\.ts$/.test(name),
    );
    const paths = sources.flatMap((name) =>
      [...read(name).matchAll(/packageRoot\(.*?\), ((?:'[^']+',? ?)+)\)/g)].map(([, parts = '']) =>
        [...parts.matchAll(/'([^']+)'/g)].map(([, part]) => part).join('/'),
      ),
    );
    expect(paths).toEqual(expect.arrayContaining(['ledger/migrations', 'api/docs-page/index.html']));
    // `autotrain up` starts a clone.
    const inClones = ['scripts/start.mjs'];
    expect(paths.filter((path) => !isCopied(path) && !inClones.includes(path))).toEqual([]);
  });

  it('runs what there is', () => {
    const started = [...text.matchAll(/node (scripts\/[\w.-]+)/g)].map(([, path = '']) => path);
    expect(started).toEqual(['scripts/build.mjs']);
    const entries = [text, ...ours.map(([, { command = [] }]) => command.join(' '))].join('\n');
    const built = [...entries.matchAll(/dist\/[\w./-]+\.js/g)].map(([path]) =>
      path.replace(/^dist\//, '').replace(/\.js$/, '.ts'),
    );
    expect(new Set(built)).toEqual(new Set(['api/server.ts', 'workers/main.ts']));
    for (const path of [...started, ...built]) expect(existsSync(join(root, path))).toBe(true);
  });
});
