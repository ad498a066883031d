import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { type Payload, type PayloadCodec } from '@temporalio/common';
import protobuf from 'protobufjs';

/** What Temporal's own samples write, so that their tools can read it with the key. */
const encrypted = 'binary/encrypted';
const cipherName = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** Temporal's wire form of a payload: what is encrypted is a whole payload, its own encoding included. */
const wire = new protobuf.Type('Payload')
  .add(new protobuf.MapField('metadata', 1, 'string', 'bytes'))
  .add(new protobuf.Field('data', 2, 'bytes'));

/** A payload cannot be read with the keys that are set. */
export class PayloadUnreadable extends Error {
  override readonly name = 'PayloadUnreadable';
  readonly type = 'PayloadUnreadable';
}

interface Key {
  /** Says which key it was without telling anything of it. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** @param base64 a key of 32 bytes */
const keyOf = (base64: string): Key => {
  const bytes = Buffer.from(base64, 'base64');
  return {
    id: createHash('sha256').update('autotrain payload key').update(bytes).digest('hex').slice(0, 8),
    bytes,
  };
};

const seal = (plain: Uint8Array, { bytes }: Key): Buffer => {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(cipherName, bytes, iv, { authTagLength: tagBytes });
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};

const open = (sealed: Uint8Array, { id, bytes }: Key): Buffer => {
  if (sealed.length < ivBytes + tagBytes) throw new PayloadUnreadable('an encrypted payload is cut short');
  const cut = sealed.length - tagBytes;
  const decipher = createDecipheriv(cipherName, bytes, sealed.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAuthTag(sealed.subarray(cut));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(ivBytes, cut)), decipher.final()]);
  } catch {
    throw new PayloadUnreadable(`a payload encrypted under the key ${id} was altered: it does not decrypt`);
  }
};

const encrypt = (payload: Payload, key: Key): Payload => ({
  metadata: { encoding: Buffer.from(encrypted), 'encryption-key-id': Buffer.from(key.id) },
  data: seal(wire.encode(wire.fromObject(payload)).finish(), key),
});

const textOf = ({ metadata }: Payload, name: string) => Buffer.from(metadata?.[name] ?? []).toString();

const missing = (id: string) =>
  new PayloadUnreadable(
    `a payload is encrypted under the key ${JSON.stringify(id.slice(0, 16))}, which PAYLOAD_KEY does not hold: ` +
      'add that key to the list, behind the newest',
  );

const decrypt = (payload: Payload, keys: readonly Key[]): Payload => {
  // What was written before a key was set stays readable.
  if (textOf(payload, 'encoding') !== encrypted) return payload;
  const id = textOf(payload, 'encryption-key-id');
  const key = keys.find((one) => one.id === id);
  if (!key) throw missing(id);
  const { metadata, data } = wire.decode(open(payload.data ?? new Uint8Array(), key)) as Payload;
  return { metadata: { ...metadata }, data: data ?? new Uint8Array() };
};

/**
 * Encrypts what Temporal stores under the first key and reads what any of them wrote. Without keys everything passes as
 * it is, but an encrypted payload is refused by name instead of as an unknown encoding.
 *
 * @param base64Keys keys of 32 bytes, the newest first
 */
export const createPayloadCodec = (base64Keys: readonly string[]): PayloadCodec => {
  const keys = base64Keys.map(keyOf);
  const [newest] = keys;
  return {
    encode: async (payloads) => (newest ? payloads.map((payload) => encrypt(payload, newest)) : payloads),
    decode: async (payloads) => payloads.map((payload) => decrypt(payload, keys)),
  };
};
