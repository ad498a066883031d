import { describeGateway } from '../../api/describe.ts';
import type { Document } from '../../api/openapi-document.ts';

/** As a client reads it. */
export const gatewayDocument = (): Document => JSON.parse(JSON.stringify(describeGateway())) as Document;
