import { html } from 'htm/preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { themeColours } from '../colours.ts';
import { age, count } from '../format.ts';
import { type LiveData, useNow, useQuery } from '../hooks.ts';
import { LinesChart } from '../lines-chart.ts';
import { Failure } from '../parts.ts';

type Counts = Readonly<Record<string, number>>;

interface Sample {
  readonly atMs: number;
  readonly files: Counts;
}

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

/** Claimed and waiting files, up to this moment: a line that ends in the past would look like the present. */
const linesOf = (samples: readonly Sample[], nowMs: number) => {
  const { accent, good } = themeColours();
  const last = samples.at(-1);
  const all = last ? [...samples, { ...last, atMs: Math.max(nowMs, last.atMs) }] : [];
  const line = (status: string, name: string, colour: string) => ({
    ...{ name, colour, step: true },
    points: all.map(({ atMs, files }) => ({ atMs, value: files[status] ?? 0 })),
  });
  return [line('downloaded', 'waiting', good), line('processing', 'claimed', accent)];
};

/** What the gateway sampled before this page was opened, and every change that it heard of since. */
const useSamples = (live: LiveData) => {
  const history = useQuery<{ data: Sample[] }>('/ledger/history', 60_000);
  const [heard, setHeard] = useState<readonly Sample[]>([]);
  const newest = live.topics['ledger'];
  useEffect(() => {
    if (newest) setHeard((all) => [...all, { atMs: newest.atMs, files: newest.value as Counts }]);
  }, [newest]);
  const samples = useMemo(() => {
    const known = history.value?.data ?? [];
    const until = known.at(-1)?.atMs ?? 0;
    return [...known, ...heard.filter(({ atMs }) => atMs > until)];
  }, [history.value, heard]);
  return { samples, history };
};

const redrawMs = 10_000;

/** Counts by status, now and since the gateway started. */
export const Files = ({ live }: { live: LiveData }) => {
  const now = useNow();
  const { samples, history } = useSamples(live);
  const newest = live.topics['ledger'];
  const beat = Math.floor(now / redrawMs);
  const lines = useMemo(() => linesOf(samples, Date.now()), [samples, beat]);
  return html`
    <section>
      <h2>Files</h2>
      <${Failure} query=${history} what="History" />
      ${newest ? html`<${Tiles} files=${newest.value as Counts} />` : html`<p class="empty">Waiting for the first event …</p>`}
      ${samples.length > 0 ? html`<${LinesChart} lines=${lines} digits=${0} label="Claimed and waiting files since the gateway started" />` : null}
      <p class="dim">Claimed and waiting files at every change since this gateway started; last change ${age(newest?.atMs, now)}, heard ${age(live.heardMs, now)}.</p>
    </section>
  `;
};
