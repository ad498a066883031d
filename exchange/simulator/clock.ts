/** The simulated exchange's clock. It never goes back. */
export interface SimClock {
  /** Epoch ms of the simulated exchange. */
  now(): number;
  /** Jumps ahead. Throws when `timeMs` has already passed. */
  advanceTo(timeMs: number): void;
  advanceBy(ms: number): void;
  /** Simulated ms that pass in each real one; 0 freezes the clock. */
  setSpeed(speed: number): void;
  readonly speed: number;
}

/** `speed` 0 (a frozen clock) suits replay; synthetic candles are live at speed 1. */
export const createClock = ({
  startMs,
  speed = 0,
  wall = Date.now,
}: {
  startMs: number;
  speed?: number;
  wall?: () => number;
}): SimClock => {
  let origin = { simMs: startMs, wallMs: wall(), speed };
  const now = () => Math.floor(origin.simMs + Math.max(0, wall() - origin.wallMs) * origin.speed);
  const restart = (change: { simMs?: number; speed?: number }) => {
    origin = { simMs: change.simMs ?? now(), speed: change.speed ?? origin.speed, wallMs: wall() };
  };

  const advanceTo = (timeMs: number) => {
    if (!Number.isFinite(timeMs)) throw new Error(`${timeMs} is not a time`);
    if (timeMs < now()) throw new Error(`the clock is at ${now()} and does not go back to ${timeMs}`);
    restart({ simMs: timeMs });
  };

  return {
    now,
    advanceTo,
    advanceBy: (ms) => advanceTo(now() + ms),
    setSpeed: (next) => {
      if (!(next >= 0 && Number.isFinite(next)))
        throw new Error(`${next} is not a speed: 0 freezes, 1 is real time`);
      restart({ speed: next });
    },
    get speed() {
      return origin.speed;
    },
  };
};
