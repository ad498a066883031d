import type { HonoRequest } from 'hono';
import { ApiError } from './errors.ts';
import { isShallow } from './shallow.ts';

/** Holds a /predict of 10,000 candles; a stored model is never sent to the gateway. */
export const maxBodyBytes = 1024 * 1024;

const tooLarge = () =>
  new ApiError(413, 'BodyTooLarge', `the body is larger than ${maxBodyBytes} bytes`, { Connection: 'close' });

/** Counts while reading: a chunked body announces no length. */
const readBytes = async (body: ReadableStream<Uint8Array>): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const readText = async (request: HonoRequest): Promise<string> => {
  const announced = request.header('content-length');
  if (Number(announced ?? 0) > maxBodyBytes) throw tooLarge();
  // A length that node has checked bounds the read; text() is the fast path for it.
  if (announced !== undefined) return request.text();
  return request.raw.body ? (await readBytes(request.raw.body)).toString('utf8') : '';
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, 'MalformedJson', `the body is not JSON: ${(error as Error).message}`);
  }
};

/** What routes take is four levels deep; parameters of presets, eight. */
const deepest = 16;

/**
 * The JSON of a body, whatever its content type says (older clients do not all send one); no body reads as `{}`.
 * Malformed JSON, NaN and Infinity among it, is a 400.
 */
export const readJson = async (request: HonoRequest): Promise<unknown> => {
  const text = await readText(request);
  if (text.trim() === '') return {};
  const value = parsed(text);
  if (isShallow(value, deepest)) return value;
  throw new ApiError(422, 'Invalid', `body: nested deeper than ${deepest} levels`);
};
