/** Without the fields that were not given. */
export const defined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

/** A full page may be the last one; then the next one is empty. */
export const pageAnswer = <T extends { readonly seq: number }>(data: readonly T[], limit: number) => ({
  data,
  page: { nextCursor: data.length === limit ? String(data.at(-1)?.seq) : null, limit },
});
