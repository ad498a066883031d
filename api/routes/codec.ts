import { z } from '@hono/zod-openapi';
import type { Payload } from '@temporalio/common';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/loop.ts';

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, 'base64');

/** A payload as Temporal's Web UI and command line write it in JSON. */
const payload = z.looseObject({
  metadata: z.record(z.string().max(200), base64).nullish(),
  data: base64.nullish(),
});

const most = 1_000;
const payloads = z.object({ payloads: z.array(payload).max(most) });

const bytesOf = ({ metadata, data }: z.infer<typeof payload>): Payload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, text]) => [name, Buffer.from(text, 'base64')]),
  ),
  data: Buffer.from(data ?? '', 'base64'),
});

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

const jsonOf = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, bytes]) => [name, textOf(bytes)])),
  data: textOf(data ?? new Uint8Array()),
});

/** Lets Temporal's Web UI and command line show what PAYLOAD_KEY encrypts; there only where that is set. */
export const addCodecRoute = (add: AddEndpoint, { payloadCodec }: RouteDeps): void => {
  if (!payloadCodec) return;
  add(
    {
      method: 'post',
      path: '/codec/decode',
      summary:
        "Decrypts payloads of Temporal: the codec endpoint of its Web UI is this gateway's address + /codec",
      role: 'admin',
      rate: 'read',
      timeoutMs: 5_000,
      body: payloads,
      refusals: ['PayloadUnreadable'],
      example: examples.codec,
      answer: payloads,
    },
    async ({ body }) => ({ payloads: (await payloadCodec.decode(body.payloads.map(bytesOf))).map(jsonOf) }),
  );
};
