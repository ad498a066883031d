import { spawn } from 'node:child_process';
import { Argument } from 'commander';
import type { WorkflowSummary } from '../../api/training.ts';
import { type AddCommand, type Cli, type Said } from '../cli.ts';
import { localConfig } from '../find-config.ts';
import { gatewayOf } from '../gateway.ts';
import { temporalPlace } from '../temporal.ts';

const isRemote = (cli: Cli): boolean =>
  cli.common().url !== undefined || localConfig(cli.env).client.url !== undefined;

/** Of a gateway elsewhere only its links say where the Web UI is. */
const uiOfLinks = async (cli: Cli): Promise<string | undefined> => {
  const { data } = await gatewayOf(cli).get<{ data: WorkflowSummary[] }>('/workflows');
  const link = data.find(({ url }) => url !== null)?.url;
  return link ? new URL(link).origin : undefined;
};

const temporalUi = async (cli: Cli): Promise<string> => {
  const known = isRemote(cli) ? undefined : temporalPlace(localConfig(cli.env)).uiUrl;
  const url = known ?? (await uiOfLinks(cli));
  if (url !== undefined) return url;
  throw new Error("nobody knows where Temporal's Web UI is: set TEMPORAL_UI_URL");
};

/** undefined: nobody looks at a screen here. */
const opener = (env: NodeJS.ProcessEnv): readonly [string, ...string[]] | undefined => {
  if (process.platform === 'darwin') return ['open'];
  if (process.platform === 'win32') return ['cmd', '/c', 'start', ''];
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? ['xdg-open'] : undefined;
};

/** False where no program opens it. */
const openInBrowser = async (url: string, env: NodeJS.ProcessEnv): Promise<boolean> => {
  const [program, ...args] = opener(env) ?? [];
  if (program === undefined) return false;
  const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore', env });
  child.unref();
  return await new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('spawn', () => resolve(true));
  });
};

const openPage = async (cli: Cli, what: string): Promise<Said> => {
  const url = what === 'temporal' ? await temporalUi(cli) : `${gatewayOf(cli).url}/`;
  const opened = !cli.common().json && (await openInBrowser(url, cli.env));
  return { value: { url, opened }, text: opened ? `opened  ${url}` : url };
};

export const addOpen: AddCommand = (parent, cli) => {
  parent
    .command('open')
    .addArgument(new Argument('[what]', 'the page').choices(['dashboard', 'temporal']).default('dashboard'))
    .description("open the dashboard or Temporal's Web UI; without a desktop, print the address")
    .action(async (what: string) => cli.answer(await openPage(cli, what)));
};
