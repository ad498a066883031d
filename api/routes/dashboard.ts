import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { packageRoot } from '../../code-version.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/loop.ts';
import { packageFile, pageHeaders, staticFiles } from '../static-files.ts';

/** Browser builds of the libraries, by the name that the import map in index.html gives them. */
const libraries: Readonly<Record<string, string>> = {
  'preact.js': 'preact/dist/preact.mjs',
  'preact-hooks.js': 'preact/hooks/dist/hooks.mjs',
  'htm.js': 'htm/dist/htm.mjs',
  'htm-preact.js': 'htm/preact/index.mjs',
  'lightweight-charts.js': 'lightweight-charts/dist/lightweight-charts.standalone.production.mjs',
};

const pageFolder = (): string => join(packageRoot(), 'dist', 'dashboard', 'page');

/** Compiled modules of the page, by their path below /assets. */
const modules = (): [string, string][] =>
  readdirSync(pageFolder(), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => [name, join(pageFolder(), name)]);

const filesOfPage = (): [string, string][] => [
  ['index.html', join(packageRoot(), 'dashboard', 'index.html')],
  ['style.css', join(packageRoot(), 'dashboard', 'style.css')],
  ...Object.entries(libraries).map(([name, path]): [string, string] => [name, packageFile(path)]),
  ...modules(),
];

/** The import map is inline: its hash alone may run beside our own files. */
const importMapHash = (html: string): string => {
  const map = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  return ` 'sha256-${createHash('sha256').update(map).digest('base64')}'`;
};

const page = {
  method: 'get',
  role: 'open',
  rate: 'read',
  timeoutMs: 10_000,
  answer: z.string(),
  contentType: 'text/html',
  example: examples.page,
} as const;

/** The page and everything that it needs; nothing comes from elsewhere. */
export const addDashboard = (add: AddEndpoint, app: OpenAPIHono): void => {
  const files = staticFiles(filesOfPage);
  add({ ...page, path: '/', summary: 'The dashboard, a page for people' }, ({ context }) => {
    const html = files.get('index.html')!.bytes.toString('utf8');
    return files.send(context, 'index.html', pageHeaders(importMapHash(html)));
  });
  app.get('/assets/:name{.+}', (c) => files.send(c, c.req.param('name')));
};

const referenceFiles = (): [string, string][] => [
  ['index.html', join(packageRoot(), 'api', 'docs-page', 'index.html')],
  ['show.js', join(packageRoot(), 'api', 'docs-page', 'show.js')],
  ['swagger-ui.css', packageFile('swagger-ui-dist/swagger-ui.css')],
  ['swagger-ui-bundle.js', packageFile('swagger-ui-dist/swagger-ui-bundle.js')],
];

/** /openapi.json as a page to read and try, offline as well. */
export const addReference = (add: AddEndpoint, app: OpenAPIHono): void => {
  const files = staticFiles(referenceFiles);
  add({ ...page, path: '/docs', summary: 'This document as a page for people' }, ({ context }) =>
    files.send(context, 'index.html', pageHeaders()),
  );
  app.get('/docs/:name', (c) => files.send(c, c.req.param('name')));
};
