import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from 'hono';

export interface StaticFile {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** A file inside a package, wherever that is installed. */
export const packageFile = (path: string): string => {
  const [name, ...rest] = path.split('/');
  const entry = fileURLToPath(import.meta.resolve(name!));
  const folder = entry.slice(0, entry.lastIndexOf(`node_modules/${name}/`));
  return join(folder, 'node_modules', name!, ...rest);
};

const readFile = (path: string): StaticFile => {
  const bytes = readFileSync(path);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { bytes, type: types[extname(path)] ?? 'text/javascript; charset=utf-8', etag };
};

/** The files of a page by the name under which a browser asks for them; read once, when the first is asked for. */
export const staticFiles = (paths: () => readonly (readonly [string, string])[]) => {
  let read: Map<string, StaticFile> | undefined;
  const get = (name: string): StaticFile | undefined => {
    read ??= new Map(paths().map(([key, path]) => [key, readFile(path)]));
    return read.get(name);
  };
  const send = (c: Context, name: string, headers: Readonly<Record<string, string>> = {}): Response => {
    const file = get(name);
    if (!file) return c.json({ detail: `no asset ${basename(name)}`, code: 'NoRoute' }, 404);
    const all = {
      ETag: file.etag,
      'Cache-Control': 'no-cache',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    };
    if (c.req.header('if-none-match') === file.etag) return c.body(null, 304, all);
    return c.body(new Uint8Array(file.bytes), 200, { ...all, 'Content-Type': file.type });
  };
  return { get, send };
};

/** Headers of a page that loads from this gateway alone; `scripts`: hashes of inline ones. */
export const pageHeaders = (scripts = ''): Readonly<Record<string, string>> => ({
  'Content-Security-Policy': [
    "default-src 'self'",
    `script-src 'self'${scripts}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
});
