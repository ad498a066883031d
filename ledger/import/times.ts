import { LedgerError } from '../errors.ts';

/** What the times of a whole file are written in; `utc`: dates without a zone that are meant in UTC. */
export const timeUnits = ['s', 'ms', 'us', 'ns', 'utc'] as const;
export type TimeUnit = (typeof timeUnits)[number];

/** `date`: dates that name their zone, which need no statement. */
export type TimeForm = TimeUnit | 'date';

/** Epoch numbers between 2001 and 2286 have these many digits, and no two units share one. */
const unitOfDigits: Readonly<Record<number, TimeForm>> = { 10: 's', 13: 'ms', 16: 'us', 19: 'ns' };

/** How many digits a unit has beyond milliseconds. */
const finer: Readonly<Record<string, number>> = { s: -3, ms: 0, us: 3, ns: 6 };

const epoch = /^(\d{1,19})(?:\.0{1,9})?$/;
const date =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|UTC|[+-]\d{2}:?\d{2})?)?$/i;

/** The form that a cell by itself could have; undefined when it is no time at all. */
export const formOf = (cell: string): TimeForm | undefined => {
  const digits = epoch.exec(cell)?.[1];
  if (digits !== undefined) return unitOfDigits[digits.length];
  const parts = date.exec(cell);
  if (!parts) return undefined;
  return parts[5] === undefined ? 'utc' : 'date';
};

const epochMs = (digits: string, unit: TimeUnit): number | undefined => {
  const beyond = finer[unit] ?? 0;
  if (beyond <= 0) return Number(digits) * 10 ** -beyond;
  return /^0*$/.test(digits.slice(-beyond)) ? Number(digits.slice(0, -beyond)) : undefined;
};

const withColon = (zone: string): string => zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');

/** A day that the calendar does not have is no date, although `Date` makes the next month of it. */
const dateMs = (parts: RegExpExecArray): number | undefined => {
  const [, year, month, day, time = '00:00', zone = 'Z'] = parts;
  const midnight = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.getUTCDate() !== Number(day)) return undefined;
  const offset = zone.toUpperCase() === 'UTC' ? 'Z' : withColon(zone.toUpperCase());
  const timeMs = Date.parse(`${year}-${month}-${day}T${time}${offset}`);
  return Number.isNaN(timeMs) || /\.\d{3}\d*[1-9]/.test(time) ? undefined : timeMs;
};

/** Nothing was traded here before 2001: a smaller number is in another unit, or was cut. */
const earliestMs = 1_000_000_000_000;

/** Epoch ms of a cell in the form of the file. Throws with the reason when it is none. */
export const timeOf = (cell: string, form: TimeForm): number => {
  const digits = epoch.exec(cell)?.[1];
  const parts = date.exec(cell);
  const isDate = form === 'date' || form === 'utc';
  if (parts && form === 'date' && parts[5] === undefined) throw new Error(`"${cell}" names no time zone`);
  const timeMs = isDate ? parts && dateMs(parts) : digits && epochMs(digits, form);
  if (typeof timeMs !== 'number' || !Number.isSafeInteger(timeMs)) {
    throw new Error(`"${cell.slice(0, 40)}" is no time in ${isDate ? 'the form of a date' : form}`);
  }
  if (timeMs < earliestMs) throw new Error(`"${cell}" in ${form} lies before September 2001`);
  return timeMs;
};

/** How often each form was seen, and in which line first. */
export type FormsSeen = Map<TimeForm, { count: number; line: number }>;

export const countForm = (seen: FormsSeen, cell: string, line: number): void => {
  const form = formOf(cell);
  if (form === undefined) return;
  const entry = seen.get(form);
  if (entry) entry.count += 1;
  else seen.set(form, { count: 1, line });
};

const refuse = (name: string, reason: string): never => {
  throw new LedgerError('CandleFileCorrupt', `${name}: ${reason}`);
};

/** One form for the whole file: what is stated, or what every row agrees on. Never one by row. */
export const fileForm = (seen: FormsSeen, stated: TimeUnit | undefined, name: string): TimeForm => {
  if (stated !== undefined) return stated;
  const found = [...seen];
  if (found.length > 1) {
    const where = found.map(([form, { count, line }]) => `${count} in ${form} (first in line ${line})`);
    return refuse(name, `its times are not in one unit: ${where.join(', ')}; state the unit of the file`);
  }
  const form = found[0]?.[0] ?? refuse(name, 'no row has a time in s, ms, us, ns, or a date');
  return form === 'utc'
    ? refuse(name, 'its dates name no time zone; state the unit utc if they are UTC')
    : form;
};
