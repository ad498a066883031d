/** The thread of a member of a crew (crew.ts): answers requests until it is terminated. */
import { workerData } from 'node:worker_threads';
import { type Line, receive, send } from './channel.ts';
import { createMember } from './member.ts';
import type { Answer, Kind } from './requests.ts';

const line = workerData as Line;
const member = createMember();

const answer = ({ kind, ask }: { kind: Kind; ask: never }): Answer => {
  try {
    return { ok: true, value: member[kind](ask) };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return { ok: false, message, code };
  }
};

send(line, 'ready');
for (;;) send(line, answer(receive(line) as { kind: Kind; ask: never }));
