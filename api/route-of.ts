import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';

/** The route's pattern, not the path asked for: labels must stay few. */
export const routeOf = (c: Context): string =>
  matchedRoutes(c).findLast(({ path }) => path !== '/*')?.path ?? 'none';
