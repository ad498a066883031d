import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** The instructions of a Dockerfile, by stage. */
export const stagesOf = (file: string): Instruction[][] => {
  const stages: Instruction[][] = [];
  for (const line of readFileSync(file, 'utf8').replaceAll('\\\n', ' ').split('\n')) {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, rest });
  }
  return stages;
};

export interface Follow {
  /** What the build context holds. */
  readonly context: string;
  /** The folder that stands for the stage's /app; it exists. */
  readonly app: string;
  /** The folder that stands for /app of the stage before. */
  readonly before?: string;
  /** True for a RUN that somebody else has done. */
  readonly isDone: (command: string) => boolean;
}

const copyOne = (from: string, to: string, intoFolder: boolean): void => {
  const target = intoFolder ? path.join(to, path.basename(from)) : to;
  mkdirSync(path.dirname(target), { recursive: true });
  if (statSync(from).isDirectory()) execFileSync('cp', ['-al', from, target]);
  else cpSync(from, target);
};

const copy = (rest: string, { context, app, before }: Follow): void => {
  const isFromBefore = rest.startsWith('--from=');
  const words = rest.replace(/^--from=\S+ /, '').split(/\s+/);
  const to = words.pop()!;
  if (words.join() === '.') return void execFileSync('cp', ['-a', `${context}/.`, app]);
  for (const word of words) {
    const from = isFromBefore ? path.join(before!, path.relative('/app', word)) : path.join(context, word);
    copyOne(from, path.join(app, to), to.endsWith('/'));
  }
};

/** COPY and RUN of a stage, in a folder instead of an image. */
export const followStage = (stage: readonly Instruction[], follow: Follow): string[] => {
  const ran: string[] = [];
  for (const { name, rest } of stage) {
    if (name === 'COPY') copy(rest, follow);
    if (name !== 'RUN' || follow.isDone(rest)) continue;
    execFileSync('sh', ['-c', rest], { cwd: follow.app, stdio: ['ignore', 'ignore', 'inherit'] });
    ran.push(rest);
  }
  return ran;
};
