import { z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import type { RouteDeps } from '../app.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/loop.ts';
import type { Live, LiveChange } from '../live.ts';

const read = { method: 'get', role: 'reader', rate: 'read', timeoutMs: 10_000 } as const;

/** A proxy that cuts silent connections waits longer than this; the page notices a dead one after three. */
const beatMs = 5_000;

const eventStream = 'text/event-stream';

const taken = (waiting: Map<string, LiveChange>): LiveChange[] => {
  const all = [...waiting.values()];
  waiting.clear();
  return all;
};

/** Sends what is known, then each change, until the client leaves or the gateway stops. */
const follow = async (
  live: Live,
  write: (event: string, value: unknown) => Promise<void>,
  onLeave: (left: () => void) => void,
): Promise<void> => {
  // By topic, for only its newest value counts: what a client is slow to take does not grow.
  const waiting = new Map<string, LiveChange>();
  const wait = (change: LiveChange): void => void waiting.set(change.topic, change);
  live.newest().forEach(wait);
  let wake = (): void => {};
  let over = false;
  const end = (): void => {
    over = true;
    wake();
  };
  const ends = [
    live.onChange((change) => {
      wait(change);
      wake();
    }),
    live.onStop(end),
  ];
  onLeave(end);
  try {
    while (!over) {
      for (const { topic, atMs, value } of taken(waiting)) await write(topic, { atMs, value });
      await write('beat', { atMs: Date.now() });
      if (over || waiting.size > 0) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, beatMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    for (const stop of ends) stop();
  }
};

/** What changes, as it changes. */
export const addEventRoutes = (add: AddEndpoint, { live }: RouteDeps): void => {
  add(
    {
      ...read,
      path: '/events',
      summary: 'Changes of ledger, watermarks and model, and a beat every 5 s',
      answer: z.string(),
      example: examples.events,
      contentType: eventStream,
    },
    ({ context }) => {
      // Nobody would read what follows.
      if (context.req.method === 'HEAD') return context.body(null, 200, { 'Content-Type': eventStream });
      return streamSSE(context, (stream) =>
        follow(
          live,
          (event, value) => stream.writeSSE({ event, data: JSON.stringify(value) }),
          (left) => stream.onAbort(left),
        ),
      );
    },
  );
};
