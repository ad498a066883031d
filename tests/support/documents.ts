import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

export const pages: readonly string[] = [
  ...['README.md', 'CONTRIBUTING.md', 'bandit/README.md', 'clients/python/README.md', 'hmm/README.md'],
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].sort();

/** Pages whose commands need what no test machine has. */
const notRunPages: Readonly<Record<string, string>> = {
  'docs/how-to/run-with-compose.md': 'Docker; the files are checked by ops/',
  'docs/how-to/run-with-systemd.md': 'systemd and root; the units are checked by ops/',
  'docs/how-to/trace-a-retrain.md': 'a collector of traces; tests/ follow a request into its activities',
};

/** Programs of which a mention in a line of text is not run, wherever it stands. */
const notRunPrograms: Readonly<Record<string, string>> = {
  'npx vitest run ': 'npm test runs all tests',
  'npx autotrain COMMAND': 'a form of commands',
  'npm run autotrain -- COMMAND': 'a form of commands',
  'npx autotrain doctor':
    'the exchange of the tests lives in another year; cli/doctor/doctor.test.ts examines',
  'npm start': 'it stays up; tests/start-once.test.ts starts it',
  'EXCHANGE=binance npm start':
    'it needs an exchange; tests/start-once.test.ts starts it with the built-in one',
  'npm run worker ': 'it stays up; tests/image-without-docker.test.ts starts it',
  'npm run gateway': 'it stays up; tests/image-without-docker.test.ts starts it',
  'npm run check': 'it is what runs this',
  'npm run compose:check': 'CI runs it',
  'npm run screenshots ': 'CI runs it',
  'npm run docs:': 'it writes into the documents; docs/generate/generated.test.ts compares them',
  'npm run histories:record': 'it writes into tests/histories; tests/histories-replay.test.ts replays them',
  'npm run chaos': 'it kills for minutes; tests/chaos/rounds.test.ts does so for less',
  'npm run bench:': 'it measures for minutes, some of it against a peer',
  'HMMLEARN_PYTHON=python3 npm run bench:hmm': 'it measures for minutes against a peer',
  'npm run evaluate': 'it takes minutes; cli/evaluate.test.ts evaluates a short file',
  'npm run hmm:check ': 'cli/hmm-check.test.ts checks the same vectors',
  'npm run bandit:check': 'cli/bandit-check.test.ts checks the same folder',
  'npm run lineage -- ': 'it begins a lineage; cli/lineage.test.ts does',
  'python3 tests/peer/metric.py ': 'tests/metric-that-is-not-true.test.ts runs it',
  'git pull': 'it changes the clone',
  'docker ': 'it needs a Docker daemon; ops/compose.test.ts reads the files',
  'systemctl ': 'it needs systemd and root; ops/systemd.test.ts reads the units',
  'temporal ': 'it needs the command line of Temporal and a run of yours',
};

export interface Command {
  readonly page: string;
  readonly line: number;
  readonly script: string;
  /** Why it is not run; undefined: it is. */
  readonly notRun: string | undefined;
  /** The reason stands in the page. */
  readonly isMarked: boolean;
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

const fence = /^(?: *<!-- not run: (?<reason>.{8,}?) -->\n)? *```sh\n(?<script>[\s\S]*?)\n *```$/gm;

/** Fenced: what has no reason above it is run. */
export const blocksOf = (page: string): Command[] => {
  const text = textOf(page);
  return [...text.matchAll(fence)].map((match) => ({
    page,
    line: lineAt(text, match.index),
    script: match.groups!['script']!,
    notRun: match.groups!['reason'] ?? notRunPages[page],
    isMarked: match.groups!['reason'] !== undefined,
  }));
};

const span = /`(?<script>[^`\n]+)`(?: <!-- not run: (?<reason>.{8,}?) -->)?/g;
const program = /^(?:[A-Z_]+=\S+ )*(?:curl|docker|git|node|npm|npx|python3|sudo|systemctl|temporal)(?: |$)/;

const programReason = (script: string): string | undefined =>
  Object.entries(notRunPrograms).find(([begin]) => `${script} `.startsWith(begin))?.[1];

/** The same length, so that lines stay where they are. */
const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ');

/** In a line of text or a cell of a table: what has no reason behind it is run. */
export const inlineOf = (page: string): Command[] => {
  const text = textOf(page).replaceAll(/^ *```[\s\S]*?^ *```$/gm, blank);
  return [...text.matchAll(span)].flatMap((match) => {
    const script = match.groups!['script']!;
    if (!program.test(script) || !script.includes(' ')) return [];
    const marked = match.groups!['reason'];
    const notRun = marked ?? programReason(script) ?? notRunPages[page];
    return [{ page, line: lineAt(text, match.index), script, notRun, isMarked: marked !== undefined }];
  });
};

export const reasons: readonly string[] = [
  ...Object.values(notRunPages),
  ...Object.values(notRunPrograms),
  ...pages.flatMap((page) => [...blocksOf(page), ...inlineOf(page)].flatMap(({ notRun }) => notRun ?? [])),
];
