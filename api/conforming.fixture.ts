import { z } from 'zod';
import type { Route, Schema } from './openapi-document.ts';

/** What is wrong with a value of a schema whose references are resolved. */
export const problemBy = (schema: Schema) => {
  const parser = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  return (value: unknown): string | undefined => {
    const parsed = parser.safeParse(value);
    return parsed.success ? undefined : z.prettifyError(parsed.error);
  };
};

const isObject = ({ type }: Schema): boolean => [type].flat().includes('object');

/**
 * The schema with no room for fields that it does not name: an object that says nothing of other fields has none. Where
 * a record is open by nature the schema says so (`additionalProperties`). Clients must bear new fields; our tests must not.
 */
const closed = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return isObject(parts) && !('additionalProperties' in parts)
    ? { ...parts, additionalProperties: false }
    : parts;
};

/** What is wrong with an answer of this status, fields that the document does not name included. */
export const problemOfAnswer = (route: Route, status: number) =>
  problemBy(closed(route.answer(status).schema) as Schema);
