import type { Client } from '@temporalio/client';
import type { Config } from '../config.ts';
import { connectClient } from '../temporal/connect.ts';
import { runningServer } from './embedded/temporal-server.ts';

/** The server that is named, else the one that `npm start` keeps, wherever its port is. */
export const temporalPlace = ({ temporal, explicit, stateDir }: Config): Config['temporal'] => {
  const own = explicit.has('TEMPORAL_ADDRESS') ? undefined : runningServer(stateDir);
  return own ? { ...temporal, address: own.address, uiUrl: temporal.uiUrl ?? own.uiUrl } : temporal;
};

/** Throws with what to look at when it is not there. */
export const connectTemporal = (config: Config, timeoutMs = 5_000): Promise<Client> =>
  connectClient(temporalPlace(config), { timeoutMs });
