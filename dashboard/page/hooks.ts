import { useEffect, useRef, useState } from 'preact/hooks';
import { get, Refused, readEvents, type ServerEvent } from './api.ts';

/** What a path answered, and how old that is. */
export interface Query<T> {
  readonly value: T | undefined;
  readonly error: string | undefined;
  /** 401 or 403: a key is needed. */
  readonly locked: boolean;
  readonly atMs: number | undefined;
  reload(): void;
}

type Told<T> = Omit<Query<T>, 'reload'>;

const untold = { value: undefined, error: undefined, locked: false, atMs: undefined };

/** What failed is tried again sooner than what may grow old. */
const retryQueryMs = 5_000;

/**
 * Asks again after `everyMs`, at once when the path changes or `reload` is called. An old answer stays until the next,
 * but never under another path: one would act on what is not selected any more.
 */
export const useQuery = <T>(path: string | undefined, everyMs = 10_000): Query<T> => {
  const [last, setLast] = useState<{ path: string | undefined; told: Told<T> }>({ path, told: untold });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === undefined) return undefined;
    const leaving = new AbortController();
    let timer: number | undefined;
    const tell = (next: (before: Told<T>) => Told<T>): void =>
      setLast((before) => ({ path, told: next(before.path === path ? before.told : untold) }));
    const ask = async (): Promise<void> => {
      let againMs = everyMs;
      try {
        const value = await get<T>(path, leaving.signal);
        tell(() => ({ value, error: undefined, locked: false, atMs: Date.now() }));
      } catch (error) {
        if (leaving.signal.aborted) return;
        const locked = error instanceof Refused && (error.status === 401 || error.status === 403);
        tell((before) => ({ ...before, error: (error as Error).message, locked }));
        againMs = Math.min(everyMs, retryQueryMs);
      }
      if (!leaving.signal.aborted) timer = window.setTimeout(() => void ask(), againMs);
    };
    void ask();
    return () => {
      leaving.abort();
      window.clearTimeout(timer);
    };
  }, [path, everyMs, turn]);
  return { ...(last.path === path ? last.told : untold), reload: () => setTurn((n) => n + 1) };
};

/** A clock for ages. */
export const useNow = (everyMs = 1_000): number => {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
};

export interface LiveData {
  readonly connected: boolean;
  /** When the gateway was last heard, epoch ms of this browser. */
  readonly heardMs: number | undefined;
  readonly topics: Readonly<Record<string, { readonly atMs: number; readonly value: unknown }>>;
}

/** The gateway beats every 5 s; without three of them the connection is dead, whatever the socket says. */
const silenceMs = 15_000;
const retryMs = 1_500;

/** Follows /events for as long as the page is open; a lost connection is tried again. */
export const useLive = (): LiveData => {
  const [live, setLive] = useState<LiveData>({ connected: false, heardMs: undefined, topics: {} });
  const heard = useRef(Date.now());
  useEffect(() => {
    let over = false;
    let connection = new AbortController();
    const take = ({ event, data }: ServerEvent): void => {
      heard.current = Date.now();
      const topic = event === 'beat' ? {} : { [event]: { atMs: data.atMs, value: data.value } };
      setLive(({ topics }) => ({ connected: true, heardMs: heard.current, topics: { ...topics, ...topic } }));
    };
    const follow = async (): Promise<void> => {
      while (!over) {
        connection = new AbortController();
        heard.current = Date.now();
        await readEvents(take, connection.signal).catch(() => undefined);
        setLive((before) => ({ ...before, connected: false }));
        await new Promise((resolve) => window.setTimeout(resolve, retryMs));
      }
    };
    const watch = window.setInterval(() => {
      if (Date.now() - heard.current > silenceMs) connection.abort();
    }, 1_000);
    void follow();
    return () => {
      over = true;
      connection.abort();
      window.clearInterval(watch);
    };
  }, []);
  return live;
};
