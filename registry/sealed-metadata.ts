import { modelHashOf } from './checksum.ts';
import { RegistryError } from './errors.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Of the values, not of the bytes: JSON keeps order and doubles, and a reader may have indented it anew. */
const hashOf = (fields: unknown): string => modelHashOf(JSON.stringify(fields));

/** The text of metadata.json, with a hash of everything else in it: a number that was edited afterwards is seen. */
export const sealMetadata = (fields: Fields): string =>
  JSON.stringify({ ...fields, metadata_hash: hashOf(fields) }, null, 2);

/** The fields without the hash. Throws `Corrupt` where they are not what was sealed; versions of before have none. */
export const unsealMetadata = (parsed: unknown, path: string): unknown => {
  if (typeof parsed !== 'object' || parsed === null || !('metadata_hash' in parsed)) return parsed;
  const { metadata_hash: hash, ...fields } = parsed;
  if (hash === hashOf(fields)) return fields;
  throw new RegistryError('Corrupt', `${path} differs from its checksum`);
};
