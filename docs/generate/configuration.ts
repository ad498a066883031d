import { readFileSync } from 'node:fs';
import { type Setting, type SettingName, settings } from '../../config/settings.ts';

const table: Readonly<Record<string, Setting<unknown>>> = settings;

/** The order and the headings of .env.example, which a test holds to the settings. */
const sections = (): { readonly title: string; readonly names: readonly SettingName[] }[] => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.split('\n')[0]!,
      names: [...section.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name as SettingName),
    }));
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** What a setting's parser says of a value that it refuses. */
const allowed = ({ parse }: Setting<unknown>): string => {
  try {
    parse('\0');
    return '';
  } catch (cause) {
    return (cause as Error).message;
  }
};

const row = (name: SettingName): string => {
  const { fallback, meaning, secret } = table[name]!;
  const byDefault = fallback === undefined ? '' : `\`${fallback}\``;
  const note = secret
    ? ' Secret: never shown in messages; `' + name + '_FILE` names a file that holds it.'
    : '';
  return `| \`${name}\` | ${byDefault} | ${cell(meaning)}.${note} | ${cell(allowed(table[name]!))} |`;
};

const head = `# Configuration

<!-- Written by \`npm run docs:config\` from config/settings.ts: do not edit. -->

Every setting is a variable of the environment, or a line of the file \`.env\` in the folder where a command is started; the environment wins, and an empty value counts as unset. A malformed value, or a name that is close to a known one, stops the start and says what is allowed. [.env.example](../../.env.example) holds all of them with their defaults, to be copied.

\`npm start\` puts data and models under \`STATE_DIR\`, gets a Temporal server of its own and uses the built-in exchange unless settings say otherwise.
`;

const sectionText = ({ title, names }: ReturnType<typeof sections>[number]): string =>
  [
    `## ${title}`,
    '',
    '| name | default | what it does | allowed |',
    '|---|---|---|---|',
    ...names.map(row),
  ].join('\n');

/** docs/reference/configuration.md. */
export const configurationPage = (): string =>
  `${[head, ...sections().map(sectionText)].join('\n\n').replace('\n\n\n', '\n\n')}\n`;
