import path from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { packageRoot } from '../code-version.ts';
import { createPayloadCodec } from './payload-codec.ts';

/** `tsc` copies no .cjs, so source and dist/ both take it from the root of the package. */
const encodingFailures = () => path.join(packageRoot(), 'temporal', 'failure-converter.cjs');

/**
 * How payloads are written to Temporal and read back: the same in client, worker and workflow bundle, or one could not
 * read the other.
 *
 * @param payloadKeys PAYLOAD_KEY; none: plain JSON
 */
export const dataConverterOf = (payloadKeys: readonly string[] = []): DataConverter => ({
  payloadCodecs: [createPayloadCodec(payloadKeys)],
  ...(payloadKeys.length > 0 ? { failureConverterPath: encodingFailures() } : {}),
});

/** What the workflow bundle has to hold for it. */
export const bundleOptionsOf = ({ failureConverterPath }: DataConverter) =>
  failureConverterPath === undefined ? {} : { failureConverterPath };
