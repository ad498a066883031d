/**
 * What may be used as an id: the one place that says so for routes, controller, activities and command line. Series have
 * `parseSeries` (series.ts) and versions `isVersionId` (registry/version-id.ts) besides, which are narrower still.
 */

/** Letters, digits and `_.-`, never `..`: safe in a path, a config_id (`:` separates there) and a log line. */
export const namePattern = /^(?!.*\.\.)(?!__)[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
export const nameRule =
  '1 to 64 letters, digits, "_", "-" and single ".": config_id separates by ":", paths by "/"';

/** `BTC/USDT` and `btcusdt` are one instrument: the slash of a pair is left out before it is looked at as a name. */
export const pairPattern = /^([A-Za-z0-9]{1,32})\/([A-Za-z0-9]{1,20})$/;

/** Ids that a client made up or got from us; they are keys of a database and never part of a path. */
export const opaqueIdPattern = /^[\x21-\x7e]{1,200}$/;
export const opaqueIdRule = '1 to 200 printable characters without spaces';

/** What a request or a command gave as an id is none. */
export class InvalidName extends Error {
  override readonly name = 'InvalidName';
  readonly code = 'InvalidName';
}
