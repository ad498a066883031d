import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config.ts';
import { createPayloadCodec } from './payload-codec.ts';

const key = (byte: number) =>
  Buffer.from(Array.from({ length: 32 }, (_, i) => (byte + i * 7) % 256)).toString('base64');
const older = key(1);
const newer = key(2);
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (payload: Payload): unknown => defaultPayloadConverter.fromPayload(payload);
const secret = { tag: 'a-secret-tag', values: [1.5, null, 'ü'] };

const roundTrip = async (write: readonly string[], read: readonly string[]) => {
  const sealed = await createPayloadCodec(write).encode([payloadOf(secret)]);
  return (await createPayloadCodec(read).decode(sealed)).map(valueOf);
};

describe('the payload codec', () => {
  it('gives back what it was given, whole payloads with their encoding', async () => {
    expect(await roundTrip([newer], [newer])).toEqual([secret]);
    const bytes = payloadOf(new Uint8Array([0, 255, 7]));
    const codec = createPayloadCodec([newer]);
    const [back] = await codec.decode(await codec.encode([bytes]));
    expect(valueOf(back!)).toEqual(new Uint8Array([0, 255, 7]));
    expect(await codec.encode([])).toEqual([]);
  });

  it('shows nothing of the value, and never the same bytes twice', async () => {
    const codec = createPayloadCodec([newer]);
    const [one, other] = await codec.encode([payloadOf(secret), payloadOf(secret)]);
    expect(Buffer.from(one!.data!).toString('latin1')).not.toContain('a-secret-tag');
    expect(one!.data).not.toEqual(other!.data);
    expect(Buffer.from(one!.metadata!['encoding']!).toString()).toBe('binary/encrypted');
  });

  it('writes with the first key and reads with all: a rotation', async () => {
    expect(await roundTrip([older], [newer, older])).toEqual([secret]);
    await expect(roundTrip([newer, older], [older])).rejects.toThrow(/PAYLOAD_KEY does not hold/);
  });

  it('leaves alone what was written before a key was set, and everything where none is', async () => {
    expect(await roundTrip([], [newer])).toEqual([secret]);
    expect(await roundTrip([], [])).toEqual([secret]);
  });

  it('names the key that is missing, not the key that is there', async () => {
    const refused = roundTrip([older], []);
    await expect(refused).rejects.toMatchObject({ type: 'PayloadUnreadable' });
    await expect(refused).rejects.toThrow(/under the key "[0-9a-f]{8}"/);
    await expect(roundTrip([older], [newer])).rejects.not.toThrow(newer);
  });

  it('refuses every altered byte, and a payload cut short', async () => {
    const codec = createPayloadCodec([newer]);
    const [sealed] = await codec.encode([payloadOf('abc')]);
    const data = sealed!.data!;
    for (let at = 0; at < data.length; at += 1) {
      const altered = Uint8Array.from(data);
      altered[at] = altered[at]! ^ 1;
      await expect(codec.decode([{ ...sealed!, data: altered }])).rejects.toThrow('altered');
    }
    for (const length of [0, 12, 27]) {
      const cut = { ...sealed!, data: data.subarray(0, length) };
      await expect(codec.decode([cut])).rejects.toThrow('cut short');
    }
    await expect(codec.decode([{ metadata: sealed!.metadata! }])).rejects.toThrow('cut short');
  });
});

describe('PAYLOAD_KEY', () => {
  const load = (PAYLOAD_KEY: string) => loadConfig({ PAYLOAD_KEY }).temporal.payloadKeys;

  it('is a list of keys in base64 or hex', () => {
    const hex = Buffer.from(older, 'base64').toString('hex');
    expect(load(`${newer}, ${hex}`)).toEqual([newer, older]);
    expect(loadConfig({}).temporal.payloadKeys).toEqual([]);
  });

  it.each([
    'a passphrase of thirty-two chars',
    newer.slice(0, 40),
    `${newer}A`,
    newer.replace('=', ''),
    '0'.repeat(64),
    'ab'.repeat(32),
    `${newer},${newer}`,
  ])('refuses %s without showing it', (text) => {
    expect(() => load(text)).toThrow(/PAYLOAD_KEY=\(hidden\)/);
  });
});
