import { z } from '@hono/zod-openapi';
import { namePattern, nameRule, opaqueIdPattern, opaqueIdRule } from '../names.ts';

const name = z.string().regex(namePattern, nameRule);

/** Strategies are known in lower case. */
export const strategyName = name.transform((text) => text.toLowerCase());

/** `BTC/USDT` and `btcusdt` are one instrument, known as `BTCUSDT`. */
export const instrumentName = z
  .string()
  .regex(
    /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9_.-]{0,39}(\/[A-Za-z0-9]{1,20})?$/,
    'such as BTCUSDT, BTC/USDT or GLOBAL',
  )
  .transform((text) => text.replace('/', '').toUpperCase());

export const presetName = name;
export const tagName = name;
export const versionName = name;

/** A symbol or a series, however it is spelt: BTCUSDT, btc/usdt, binance:BTC/USDT:1h. */
export const symbolName = z
  .string()
  .regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9_./:-]{0,79}$/, 'such as BTC/USDT, BTCUSDT or binance:BTC/USDT:1h');

/** Ids that a client made up or got from us; opaque, but short. */
export const opaqueId = z.string().regex(opaqueIdPattern, opaqueIdRule);

/** Why a person acts; kept in the audit log. */
export const reasonText = z.string().trim().min(1).max(500);

const maxFeatures = 64;

/** Feature values by name; NaN and infinities are refused because no model can weigh them. */
export const featureMap = z
  .record(z.string().min(1).max(64), z.number())
  .refine((features) => Object.keys(features).length <= maxFeatures, `${maxFeatures} features at most`);

export const strategyAndInstrument = z.object({ strategy: strategyName, instrument: instrumentName });

const pageSize = z.coerce.number().int().min(1).max(500).default(50);
export const pageQuery = z.object({ limit: pageSize, cursor: opaqueId.optional() });

/** True where a client may write `true`, `1` or nothing at all after the name. */
export const flag = (byDefault: boolean) =>
  z
    .enum(['true', 'false', '1', '0'])
    .optional()
    .transform((text) => (text === undefined ? byDefault : text === 'true' || text === '1'));

/** A page of rows, newest first; `nextCursor` is null on the last one. */
export const pageOf = <T extends z.ZodType>(row: T) =>
  z.object({ data: z.array(row), page: z.object({ nextCursor: z.string().nullable(), limit: z.number() }) });
