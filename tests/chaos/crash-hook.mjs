// Ends this process by a signal at a named point, once it has been told to. SIGSTOP: it stands still there instead.
import { writeFileSync } from 'node:fs';

let armed;

/**
 * @param {{ points: string[], nth: number, signal: 'SIGKILL' | 'SIGSTOP', note: string } | undefined} order
 *   at the nth passing of any of these points; which one it was is written to `note` first
 */
export const arm = (order) => {
  armed = order && { ...order };
};

export const crash = (point) => {
  if (!armed?.points.includes(point)) return;
  armed.nth -= 1;
  if (armed.nth > 0) return;
  const { signal, note } = armed;
  armed = undefined;
  writeFileSync(note, point);
  process.kill(process.pid, signal);
};
