import { defaultPayloadConverter, type WorkflowHandle } from '@temporalio/client';
import { until } from './until.ts';

/** Waits until a training activity of the run has told of its `least`th iteration. */
export const untilIteration = async (handle: WorkflowHandle, least: number): Promise<void> => {
  const iterations = async (): Promise<number[]> => {
    const { raw } = await handle.describe();
    return (raw.pendingActivities ?? []).map(({ heartbeatDetails }) => {
      const payload = heartbeatDetails?.payloads?.[0];
      return payload
        ? (defaultPayloadConverter.fromPayload<{ iteration?: number } | undefined>(payload)?.iteration ?? 0)
        : 0;
    });
  };
  await until(
    `a heartbeat tells of iteration ${least}`,
    async () => (await iterations()).some((iteration) => iteration >= least),
    60_000,
  );
};
