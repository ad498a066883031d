import { Client, Connection } from '@temporalio/client';

export interface TemporalAddress {
  readonly address: string;
  readonly namespace: string;
}

/** A client that fails at once when the server is not there, instead of at the first request. */
export const connectClient = async ({ address, namespace }: TemporalAddress): Promise<Client> => {
  const connection = await Connection.connect({ address, connectTimeout: '10 seconds' });
  return new Client({ connection, namespace });
};
