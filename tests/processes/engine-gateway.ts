import { filledState } from './filled-state.ts';
import { startGatewayProcess } from './gateway-process.ts';

/** A gateway with a champion and auth on, for the clients of engines. Temporal is not there and not asked. */
export const startEngineGateway = async () => {
  const key = 'engine-key-1';
  const state = filledState(4);
  state.promote(4, 'first');
  const gateway = await startGatewayProcess({
    ...state.env,
    TEMPORAL_ADDRESS: '127.0.0.1:9',
    REQUIRE_AUTH: 'true',
    GATEWAY_API_KEYS: `engine:${key}`,
  });
  return {
    ...{ key, url: gateway.url },
    stop: async (): Promise<void> => {
      await gateway.stop();
      state.remove();
    },
  };
};

export type EngineGateway = Awaited<ReturnType<typeof startEngineGateway>>;
