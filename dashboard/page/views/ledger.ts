import { html } from 'htm/preact';
import { useMemo } from 'preact/hooks';
import { themeColours } from '../colours.ts';
import { age, count, time } from '../format.ts';
import { type LiveData, useNow, useQuery } from '../hooks.ts';
import { LinesChart } from '../lines-chart.ts';
import { Answer } from '../parts.ts';

type Counts = Readonly<Record<string, number>>;

interface Sample {
  readonly atMs: number;
  readonly files: Counts;
}

interface SeriesRow {
  readonly series: string;
  readonly bars: number;
  readonly watermark: number;
  readonly gaps: readonly { readonly missing: number }[];
}

interface Summary {
  readonly files: Counts;
  readonly series: readonly SeriesRow[];
  readonly quarantined?: readonly {
    readonly path: string;
    readonly reason: string;
    readonly series: string;
  }[];
  readonly disk?: readonly {
    readonly path: string;
    readonly free_bytes: number;
    readonly total_bytes: number;
  }[];
}

const meanings: Readonly<Record<string, string>> = {
  downloaded: 'wait for a retrain',
  processing: 'claimed by a running retrain',
  processed: 'trained on',
  deleted: 'in the archive only',
  quarantined: 'bad, put aside',
};

const Now = ({ files }: { files: Counts }) => html`<table>
  <tbody>${Object.entries(files).map(
    ([status, n]) => html`<tr key=${status}>
      <th scope="row">${status}</th>
      <td class=${`number ${status === 'quarantined' && n > 0 ? 'bad' : ''}`}>${count(n)}</td>
      <td class="dim">${meanings[status] ?? ''}</td>
    </tr>`,
  )}</tbody></table>`;

/** Claimed and waiting files, up to this moment: a line that ends in the past would look like the present. */
const linesOf = (samples: readonly Sample[], nowMs: number) => {
  const { accent, good } = themeColours();
  const last = samples.at(-1);
  const all = last ? [...samples, { ...last, atMs: nowMs }] : [];
  const line = (name: string, colour: string) => ({
    name,
    colour,
    step: true,
    points: all.map(({ atMs, files }) => ({ atMs, value: files[name] ?? 0 })),
  });
  return [line('processing', accent), line('downloaded', good)];
};

const Files = ({ live }: { live: LiveData }) => {
  const history = useQuery<{ data: Sample[] }>('/ledger/history', 10_000);
  const newest = live.topics['ledger'];
  const minute = Math.floor(useNow(10_000) / 10_000);
  const samples = useMemo(() => {
    const known = history.value?.data ?? [];
    const seen = known.at(-1)?.atMs ?? 0;
    return newest && newest.atMs > seen
      ? [...known, { atMs: newest.atMs, files: newest.value as Counts }]
      : known;
  }, [history.value, newest]);
  const lines = useMemo(() => linesOf(samples, Date.now()), [samples, minute]);
  return html`
    <section>
      <h2>Files</h2>
      ${samples.length > 0 ? html`<${LinesChart} lines=${lines} label="Claimed and waiting files since the gateway started" />` : null}
      <p class="dim">Claimed (processing) and waiting (downloaded) files since this gateway started.</p>
      ${newest ? html`<${Now} files=${newest.value as Counts} />` : html`<p class="empty">Waiting for the first event …</p>`}
    </section>
  `;
};

const missing = ({ gaps }: SeriesRow): number => gaps.reduce((sum, gap) => sum + gap.missing, 0);

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** What is stored, and what became of it. */
export const LedgerView = ({ live }: { live: LiveData }) => {
  const now = useNow();
  const summary = useQuery<Summary>('/ledger', 10_000);
  return html`
    <div class="grid">
      <${Files} live=${live} />
      <section>
        <h2>Series</h2>
        <${Answer} query=${summary}>
          ${({ series, quarantined, disk }: Summary) => html`
            ${
              series.length === 0
                ? html`<p class="empty">Nothing is stored yet.</p>`
                : html`<div class="scroll" tabindex="0"><table>
                  <thead><tr><th scope="col">Series</th><th scope="col" class="number">Candles</th><th scope="col">Watermark</th><th scope="col" class="number">Gaps</th><th scope="col" class="number">Missing</th></tr></thead>
                  <tbody>${series.map(
                    (row) => html`<tr key=${row.series}>
                      <th scope="row">${row.series}</th><td class="number">${count(row.bars)}</td>
                      <td>${time(row.watermark)} <span class="dim">${age(row.watermark, now)}</span></td>
                      <td class="number">${row.gaps.length}</td><td class="number">${count(missing(row))}</td>
                    </tr>`,
                  )}</tbody></table></div>`
            }
            <h3>Quarantine</h3>
            ${
              quarantined && quarantined.length > 0
                ? html`<ul>${quarantined.map((file) => html`<li key=${file.path}><span class="bad">${file.path}</span> – ${file.reason}</li>`)}</ul>`
                : html`<p class="dim">Empty.</p>`
            }
            ${
              disk
                ? html`<h3>Disk</h3><ul>${disk.map((one) => html`<li key=${one.path}>${one.path}: ${gigabytes(one.free_bytes)} free of ${gigabytes(one.total_bytes)}</li>`)}</ul>`
                : null
            }
          `}
        <//>
      </section>
    </div>
  `;
};
