import path from 'node:path';
import { httpUrl } from '../config/parsers.ts';
import { type Config, loadConfig } from '../config.ts';
import { answers, type Cli, type Said, UsageError } from './cli.ts';
import { type Credentials, createGatewayClient, type GatewayClient } from './gateway-client.ts';

/** What a gateway that listens everywhere is called on its own machine. */
export const ownHost = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
};

/** Where the gateway of these settings listens. Throws where it takes any port. */
export const ownUrl = ({ gateway: { host, port } }: Config): string => {
  if (port !== 0) return `http://${ownHost(host)}:${port}`;
  throw new UsageError('PORT=0 says nothing of where the gateway listens: name it with --url');
};

const parsedUrl = (text: string): string => {
  try {
    const url = httpUrl(text);
    const { username, password } = new URL(url);
    if (username === '' && password === '') return url;
  } catch (error) {
    throw new UsageError(`--url is ${(error as Error).message}`);
  }
  throw new UsageError('--url holds no user and password: give --api-key or --token');
};

/** What was written beside the command counts alone: a key of the environment is for the gateway of the environment. */
const credentialsOf = (cli: Cli, { client }: Config): Credentials => {
  const { apiKey, token } = cli.common();
  if (apiKey !== undefined || token !== undefined) return { apiKey, token };
  return { apiKey: client.apiKey, token: client.token };
};

export const settingsOf = (cli: Cli): Config => loadConfig(cli.env, { envFile: path.resolve('.env') });

/** The gateway that a command asks: --url, then AUTOTRAIN_URL, then the one of these settings. */
export const gatewayOf = (cli: Cli): GatewayClient => {
  const config = settingsOf(cli);
  const named = cli.common().url ?? config.client.url;
  const url = named === undefined ? ownUrl(config) : parsedUrl(named);
  return createGatewayClient(url, credentialsOf(cli, config));
};

/** An action that asks the gateway. */
export const answersFrom = <A extends readonly unknown[]>(
  cli: Cli,
  ask: (gateway: GatewayClient, ...given: A) => Promise<Said>,
) => answers(cli, (...given: A) => ask(gatewayOf(cli), ...given));
