import { html } from 'htm/preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { AnswerTo } from '../answers.ts';
import { themeColours } from '../colours.ts';
import { age, count } from '../format.ts';
import { type LiveData, useNow, useQuery } from '../hooks.ts';
import { LinesChart } from '../lines-chart.ts';
import { Failure } from '../parts.ts';

type Sample = AnswerTo<'GET /ledger/history'>['data'][number];
type Counts = Sample['files'];

const meanings: Readonly<Record<string, string>> = {
  downloaded: 'wait for a retrain',
  processing: 'claimed by a running retrain',
  processed: 'trained on',
  deleted: 'in the archive only',
  quarantined: 'bad, put aside',
};

const tone = (status: string, n: number): string => {
  if (n === 0) return '';
  if (status === 'quarantined') return 'bad';
  return status === 'processing' ? 'accent' : '';
};

const Tiles = ({ files }: { files: Counts }) =>
  html`<dl class="tiles">${Object.entries(files).map(
    ([status, n]) => html`<div class="tile" key=${status} data-status=${status}>
    <dt>${status}</dt>
    <dd class=${`big ${tone(status, n)}`}>${count(n)}</dd>
    <dd class="dim">${meanings[status] ?? ''}</dd>
  </div>`,
  )}</dl>`;

/** Up to this moment: a line that ends in the past would look like the present. */
const untilNow = (samples: readonly Sample[], nowMs: number): readonly Sample[] => {
  const last = samples.at(-1);
  return last ? [...samples, { ...last, atMs: Math.max(nowMs, last.atMs) }] : [];
};

const line = (samples: readonly Sample[], status: keyof Counts, name: string, colour: string) => ({
  ...{ name, colour, step: true },
  points: samples.map(({ atMs, files }) => ({ atMs, value: files[status] })),
});

/** What retrains take and give back. */
const queueLines = (samples: readonly Sample[]) => {
  const { accent, good } = themeColours();
  return [line(samples, 'downloaded', 'waiting', good), line(samples, 'processing', 'claimed', accent)];
};

/** What is done with: these are many, and would flatten the others. */
const doneLines = (samples: readonly Sample[]) => {
  const { text, good, bad } = themeColours();
  return [
    line(samples, 'processed', 'processed', good),
    line(samples, 'deleted', 'deleted', text),
    line(samples, 'quarantined', 'quarantined', bad),
  ];
};

const mostOftenMs = 1_000;

/**
 * What the ledger recorded. It is asked again soon after each change that is heard of and after a lost connection: of
 * claims that came and went between two events, or unheard, only it knows.
 */
const useHistory = (live: LiveData) => {
  const history = useQuery<AnswerTo<'GET /ledger/history'>>('/ledger/history', 15_000);
  const due = useRef<number>();
  useEffect(() => {
    due.current ??= window.setTimeout(() => {
      due.current = undefined;
      history.reload();
    }, mostOftenMs);
  }, [live.topics['ledger'], live.connected]);
  useEffect(() => () => window.clearTimeout(due.current), []);
  return history;
};

const redrawMs = 10_000;

/** Counts by status, now and at each change of the last day. */
export const Files = ({ live }: { live: LiveData }) => {
  const now = useNow();
  const history = useHistory(live);
  const newest = live.topics['ledger'];
  const beat = Math.floor(now / redrawMs);
  const [queue, done] = useMemo(() => {
    const shown = untilNow(history.value?.data ?? [], Date.now());
    return [queueLines(shown), doneLines(shown)];
  }, [history.value, beat]);
  return html`
    <section>
      <h2>Files</h2>
      <${Failure} query=${history} what="History" />
      ${newest ? html`<${Tiles} files=${newest.value as Counts} />` : html`<p class="empty">Waiting for the first event …</p>`}
      ${
        history.value?.data.length
          ? html`<div class="grid">
              <div><h3>Claimed and waiting</h3><${LinesChart} lines=${queue} digits=${0} label="Claimed and waiting files of the last day" /></div>
              <div><h3>Done with</h3><${LinesChart} lines=${done} digits=${0} label="Processed, deleted and quarantined files of the last day" /></div>
            </div>`
          : null
      }
      <p class="dim">At every change of the last 24 hours, from the ledger; last change ${age(newest?.atMs, now)}, heard ${age(live.heardMs, now)}.</p>
    </section>
  `;
};
