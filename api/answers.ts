/** Parts of answers that several routes share. */
import { z } from '@hono/zod-openapi';

export const epochMs = z.number().int().openapi({ description: 'epoch ms UTC' });

/** JSON has no infinity and no NaN: what cannot be told is null. */
export const figure = z.number().nullable();

/** The training loop's kill switch. */
export const trainingState = z.object({
  state: z.enum(['ACTIVE', 'KILLED']),
  since_ms: epochMs.nullable(),
  actor: z.string().nullable(),
  reason: z.string().nullable(),
  pinned_version: z.string().nullable().openapi({ description: 'what serves while it is killed' }),
  promotions_held_until_ms: epochMs.nullable().openapi({
    description: 'epoch ms UTC; after a rollback by the watch nothing is promoted by itself until then',
  }),
});

/** `current` points to something that does not load; what was loaded before goes on serving. */
export const modelProblem = z.object({
  target: z.string().openapi({ description: 'the version, or where the link points when that is none' }),
  detail: z.string(),
});

export const promotionKind = z.enum(['promote', 'rollback', 'adopt', 'restore']).openapi({
  description: 'adopt: the link was moved by hand; restore: a broken link was put right',
});

const files = z.number().int();

export const fileCounts = z
  .object({ downloaded: files, processing: files, processed: files, deleted: files, quarantined: files })
  .openapi({ description: 'files of the ledger by status' });
