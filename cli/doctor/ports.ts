import type { Config } from '../../config.ts';
import { demandPort } from '../../ports.ts';
import { ownHost } from '../gateway.ts';
import { createGatewayClient } from '../gateway-client.ts';
import { type Check, fail, ok, reasonOf } from './check.ts';
import { holderOf } from './port-holder.ts';

/** What only our gateway says of itself. */
const isGateway = async (host: string, port: number): Promise<boolean> => {
  const client = createGatewayClient(`http://${ownHost(host)}:${port}`);
  const health = client.get<{ status?: unknown; series?: unknown }>('/health');
  return await health.then(
    ({ status, series }) => status === 'ok' && Array.isArray(series),
    () => false,
  );
};

const checkPort = async (setting: string, host: string, port: number): Promise<Check> => {
  try {
    await demandPort(setting, host, port);
    return ok('ports', `${setting} ${port} is free`);
  } catch (error) {
    const holder = holderOf(port);
    const by = holder === undefined ? '' : `, ${holder}`;
    if (await isGateway(host, port)) return ok('ports', `${setting} ${port}: a gateway answers${by}`);
    return fail(
      'ports',
      `${setting} ${port} on ${host}: ${reasonOf(error)}${by}`,
      `end that program, or set ${setting} to another port`,
    );
  }
};

/** Free, or held by a gateway: then `npm start` runs already. */
export const checkPorts = async ({ gateway }: Config): Promise<Check[]> => {
  const { host, port, compatPorts } = gateway;
  const ports = [
    ...(port === 0 ? [] : [['PORT', port] as const]),
    ...compatPorts.map((one) => ['COMPAT_PORTS', one] as const),
  ];
  return await Promise.all(ports.map(([setting, one]) => checkPort(setting, host, one)));
};
