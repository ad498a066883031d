/** `3 s`, `5 min`, `2 h`, `4 d`: as coarse as a person reads it. */
export const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
};

/** `in 5 min`, or `due` when it has passed. */
export const ahead = (ms: number | null | undefined, nowMs: number): string => {
  if (ms == null) return '–';
  return ms > nowMs ? `in ${duration(ms - nowMs)}` : 'due';
};

export const bytes = (value: number): string => `${(value / 1e9).toFixed(1)} GB`;

export const age = (ms: number | null | undefined, nowMs: number): string =>
  ms == null ? '–' : `${duration(nowMs - ms)} ago`;

/** `2024-06-30 12:00` UTC. */
export const time = (ms: number | null | undefined): string =>
  ms == null ? '–' : new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

export const number = (value: unknown, digits = 3): string =>
  typeof value === 'number' && Number.isFinite(value) ? value.toFixed(digits) : '–';

export const percent = (value: unknown, digits = 1): string =>
  typeof value === 'number' && Number.isFinite(value) ? `${(100 * value).toFixed(digits)} %` : '–';

export const count = (value: unknown): string =>
  typeof value === 'number' ? value.toLocaleString('en') : '–';
