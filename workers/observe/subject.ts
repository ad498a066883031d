/** What a line of the log is about, where that is known. */
export interface Subject {
  readonly series?: string;
  readonly version?: string;
  readonly claimId?: number;
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/** A series stands alone, in a list, or in a list of what was done for each. */
const seriesIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(seriesIn);
  const { series, trained } = fieldsOf(value);
  return series === undefined && trained === undefined ? [] : seriesIn(series ?? trained);
};

/** Read from what an activity was given, or from what it gave back. */
export const subjectOf = (value: unknown): Subject => {
  const { versionId, claimId } = fieldsOf(value);
  const series = seriesIn(fieldsOf(value));
  return {
    ...(series.length > 0 ? { series: series.join(',') } : {}),
    ...(typeof versionId === 'string' ? { version: versionId } : {}),
    ...(typeof claimId === 'number' ? { claimId } : {}),
  };
};
