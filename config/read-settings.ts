import { fileNameOf, readSecretFile } from './secret-files.ts';
import { type Setting, type SettingName, settings } from './settings.ts';
import { closestName } from './typos.ts';

type Texts = Readonly<Record<string, string | undefined>>;

type Parsed<N extends SettingName> = ReturnType<(typeof settings)[N]['parse']>;

/** The value of every setting; undefined only where nothing is set and there is no default. */
export type Values = {
  readonly [N in SettingName]: (typeof settings)[N] extends { readonly fallback: string }
    ? Parsed<N>
    : Parsed<N> | undefined;
};

export interface SettingsRead {
  readonly values: Values;
  /** Names that somebody set, as against defaults. */
  readonly explicit: ReadonlySet<SettingName>;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const names = Object.keys(settings) as SettingName[];

const table: Readonly<Record<string, Setting<unknown>>> = settings;

const secretNames = names.filter((name) => table[name]?.secret);
const known: readonly string[] = [...names, ...secretNames.map(fileNameOf)];

const soundsSecret = /KEY|SECRET|TOKEN|PASS|CREDENTIAL|WEBHOOK/i;

/** What a message may show of a value: nothing of a secret, and of a typo neither when it may be one. */
const shown = (name: string, text: string): string =>
  table[name]?.secret || soundsSecret.test(name) ? '(hidden)' : JSON.stringify(text);

const textOf = (texts: Texts, name: string): string | undefined => texts[name]?.trim() || undefined;

/** Puts what the secret files hold where the secrets themselves would stand. */
const takeSecretFiles = (texts: Record<string, string | undefined>, problems: string[]): void => {
  for (const name of secretNames) {
    const file = texts[fileNameOf(name)];
    if (file === undefined) continue;
    if (texts[name] !== undefined) problems.push(`${name} and ${fileNameOf(name)} are both set: unset one`);
    try {
      texts[name] ??= readSecretFile(file) || undefined;
    } catch (cause) {
      problems.push(`${fileNameOf(name)}=${JSON.stringify(file)}: allowed is ${(cause as Error).message}`);
    }
  }
};

const parseOne = (name: SettingName, texts: Texts, problems: string[]): unknown => {
  const text = textOf(texts, name) ?? table[name]?.fallback;
  if (text === undefined) return undefined;
  try {
    return settings[name].parse(text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    problems.push(`${name}=${shown(name, text)}: allowed is ${cause.message}`);
    return undefined;
  }
};

const typosOf = (texts: Texts, warned: (name: string) => void): string[] =>
  Object.entries(texts).flatMap(([name, text = '']) => {
    if (known.includes(name) || text.trim() === '') return [];
    const meant = closestName(name, known);
    if (meant === undefined) warned(name);
    return meant === undefined
      ? []
      : [`${name}=${shown(`${name} ${meant}`, text)}: unknown, did you mean ${meant}?`];
  });

const warningsOf = (strangers: readonly string[]): string[] =>
  strangers.length > 0 ? [`.env: not settings of autotrain, ignored: ${strangers.join(', ')}`] : [];

/** Reads the table from the environment over the `.env` file. An empty value, or an empty secret file, counts as unset. */
export const readSettings = (env: Texts, envFile: Texts): SettingsRead => {
  const texts: Record<string, string | undefined> = { ...envFile };
  for (const name of known) texts[name] = textOf(env, name) ?? textOf(envFile, name);
  const problems: string[] = [];
  takeSecretFiles(texts, problems);
  const strangers: string[] = [];
  const values = Object.fromEntries(
    names.map((name) => [name, parseOne(name, texts, problems)]),
  ) as unknown as Values;
  problems.push(...typosOf(envFile, (name) => strangers.push(name)));
  problems.push(...typosOf(env, () => undefined));
  const explicit = new Set(names.filter((name) => texts[name] !== undefined));
  return { values, explicit, problems: [...new Set(problems)], warnings: warningsOf(strangers) };
};
