import { useState } from 'preact/hooks';
import type { AnswerTo, VersionRow } from '../answers.ts';
import { useQuery } from '../hooks.ts';

const pageSize = 50;

/** Versions page by page, newest first, and the ways to the pages beside; undefined at the ends. */
export const useVersionPages = () => {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const at = cursors.length === 0 ? '' : `&cursor=${cursors.at(-1)}`;
  const versions = useQuery<AnswerTo<'GET /models'>>(`/models?limit=${pageSize}${at}`, 15_000);
  const next = versions.value?.page.nextCursor ?? undefined;
  return {
    versions,
    older: next === undefined ? undefined : () => setCursors([...cursors, next]),
    newer: cursors.length === 0 ? undefined : () => setCursors(cursors.slice(0, -1)),
  };
};

/** The row of what serves, also where newer ones pushed it off the page. */
export const useChampion = (rows: readonly VersionRow[] | undefined, serves: string | null | undefined) => {
  const here = rows?.find(({ active }) => active);
  const elsewhere = rows && !here && serves;
  const found = useQuery<AnswerTo<'GET /models/{version}'>>(
    elsewhere ? `/models/${encodeURIComponent(elsewhere)}` : undefined,
    60_000,
  );
  return { champion: here ?? found.value, found };
};
