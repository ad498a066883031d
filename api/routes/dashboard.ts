import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { packageRoot } from '../../code-version.ts';

interface Asset {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** Browser builds of the libraries, by the name that the import map in index.html gives them. */
const libraries: Readonly<Record<string, string>> = {
  'preact.js': 'preact/dist/preact.mjs',
  'preact-hooks.js': 'preact/hooks/dist/hooks.mjs',
  'htm.js': 'htm/dist/htm.mjs',
  'htm-preact.js': 'htm/preact/index.mjs',
  'lightweight-charts.js': 'lightweight-charts/dist/lightweight-charts.standalone.production.mjs',
};

/** The folder of a package, wherever it is installed. */
const packageFile = (path: string): string => {
  const [name, ...rest] = path.split('/');
  const entry = fileURLToPath(import.meta.resolve(name!));
  const folder = entry.slice(0, entry.lastIndexOf(`node_modules/${name}/`));
  return join(folder, 'node_modules', name!, ...rest);
};

const readAsset = (path: string): Asset => {
  const bytes = readFileSync(path);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { bytes, type: types[extname(path)] ?? 'text/javascript; charset=utf-8', etag };
};

const pageFolder = (): string => join(packageRoot(), 'dist', 'dashboard', 'page');

/** Compiled modules of the page, by their path below /assets. */
const modules = (): [string, string][] =>
  readdirSync(pageFolder(), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => [name, join(pageFolder(), name)]);

const readAssets = (): Map<string, Asset> => {
  const files: [string, string][] = [
    ['index.html', join(packageRoot(), 'dashboard', 'index.html')],
    ['style.css', join(packageRoot(), 'dashboard', 'style.css')],
    ...Object.entries(libraries).map(([name, path]): [string, string] => [name, packageFile(path)]),
    ...modules(),
  ];
  return new Map(files.map(([name, path]) => [name, readAsset(path)]));
};

/** The import map is inline: its hash alone may run beside our own files. */
const policyOf = (html: string): string => {
  const map = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  const hash = createHash('sha256').update(map).digest('base64');
  return [
    "default-src 'self'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
};

/** The page and everything that it needs; nothing comes from elsewhere. Read once, when it is first asked for. */
export const addDashboard = (app: OpenAPIHono): void => {
  let assets: Map<string, Asset> | undefined;
  const send = (c: Context, name: string, headers: Record<string, string> = {}) => {
    assets ??= readAssets();
    const asset = assets.get(name);
    if (!asset) return c.json({ detail: `no asset ${basename(name)}`, code: 'NoRoute' }, 404);
    const all = {
      ETag: asset.etag,
      'Cache-Control': 'no-cache',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    };
    if (c.req.header('if-none-match') === asset.etag) return c.body(null, 304, all);
    return c.body(new Uint8Array(asset.bytes), 200, { ...all, 'Content-Type': asset.type });
  };
  app.get('/', (c) => {
    assets ??= readAssets();
    const policy = policyOf(assets.get('index.html')!.bytes.toString('utf8'));
    return send(c, 'index.html', { 'Content-Security-Policy': policy, 'Referrer-Policy': 'no-referrer' });
  });
  app.get('/assets/:name{.+}', (c) => send(c, c.req.param('name')));
};
