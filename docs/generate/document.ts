import { appWith } from '../../api/app.fixture.ts';
import type { Document } from '../../api/openapi-document.ts';
import { createPayloadCodec } from '../../temporal/payload-codec.ts';

/** The OpenAPI document of a gateway with all of its routes. */
export const gatewayDocument = async (): Promise<Document> => {
  const payloadCodec = createPayloadCodec([Buffer.alloc(32).toString('base64')]);
  const answer = await appWith({ payloadCodec }).app.request('/openapi.json');
  return (await answer.json()) as Document;
};
