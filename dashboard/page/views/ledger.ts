import { html } from 'htm/preact';
import type { AnswerTo, Gap } from '../answers.ts';
import { age, ahead, bytes, count, time } from '../format.ts';
import { type LiveData, useNow, useQuery } from '../hooks.ts';
import { Answer } from '../parts.ts';
import { Files } from './files.ts';

type Summary = AnswerTo<'GET /ledger'>;

/** Two candles are on their way; more than the limit is what /health calls stale. */
const staleness = (lag: number | null, limit: number): string => {
  if (lag === null) return 'good';
  if (lag > limit) return 'bad';
  return lag <= 2 ? 'good' : 'warn';
};

const Series = ({ series, stale_candles: limit }: Pick<Summary, 'series' | 'stale_candles'>) => {
  const now = useNow();
  if (series.length === 0) return html`<p class="empty">Nothing is stored yet.</p>`;
  return html`<div class="scroll" tabindex="0"><table>
    <thead><tr><th scope="col">Series</th><th scope="col" class="number">Candles</th><th scope="col">Watermark (UTC)</th><th scope="col">Moved</th><th scope="col" class="number">Behind</th><th scope="col" class="number">Gaps</th><th scope="col" class="number">Missing</th></tr></thead>
    <tbody>${series.map(
      (row) => html`<tr key=${row.series}>
        <th scope="row">${row.series}</th><td class="number">${count(row.bars)}</td>
        <td>${time(row.watermark)}</td><td>${age(row.updated_at, now)}</td>
        <td class=${`number ${staleness(row.lag_candles, limit)}`}>${row.lag_candles === null ? '–' : `${count(row.lag_candles)} candles`}</td>
        <td class="number">${count(row.gap_count)}</td><td class="number">${count(row.missing)}</td>
      </tr>`,
    )}</tbody></table></div>`;
};

const Quarantine = ({ quarantined }: Pick<Summary, 'quarantined'>) =>
  quarantined.length === 0
    ? html`<p class="good">Empty: no file was put aside.</p>`
    : html`<ul>${quarantined.map((file) => html`<li key=${file.path}><span class="bad">${file.path}</span> – ${file.reason}</li>`)}</ul>`;

const Disks = ({ disks }: Pick<Summary, 'disks'>) =>
  html`<ul class="plain">${disks.map((one) => {
    const used = 1 - one.free_bytes / one.total_bytes;
    return html`<li key=${one.root}><code>${one.root}</code>
    <meter min="0" max="1" low="0.8" high="0.92" optimum="0" value=${used} aria-label=${`used of ${one.root}`}></meter>
    <span>${bytes(one.free_bytes)} free of ${bytes(one.total_bytes)}</span></li>`;
  })}</ul>`;

const Gaps = () => {
  const now = useNow();
  const gaps = useQuery<AnswerTo<'GET /ledger/gaps'>>('/ledger/gaps?limit=50&missing=true', 30_000);
  return html`<section><h2>Gaps</h2><${Answer} query=${gaps}>${({ data }: { data: readonly Gap[] }) =>
    data.length === 0
      ? html`<p class="good">None is missing: every candle since the first is stored.</p>`
      : html`<div class="scroll" tabindex="0"><table>
        <caption>The newest ${data.length}; an outage is a gap that the exchange confirmed</caption>
        <thead><tr><th scope="col">Series</th><th scope="col">From (UTC)</th><th scope="col">To</th><th scope="col" class="number">Missing</th><th scope="col">State</th><th scope="col" class="number">Asked again</th><th scope="col">Next</th></tr></thead>
        <tbody>${data.map(
          (gap) => html`<tr key=${gap.series + gap.fromMs}>
            <th scope="row">${gap.series}</th><td>${time(gap.fromMs)}</td><td>${time(gap.toMs)}</td>
            <td class="number">${count(gap.missing)}</td><td class=${gap.state === 'open' ? 'warn' : ''}>${gap.state}</td>
            <td class="number">${count(gap.attempts)}</td><td>${gap.nextRetryAt === null ? '–' : ahead(gap.nextRetryAt, now)}</td>
          </tr>`,
        )}</tbody></table></div>`}<//></section>`;
};

/** What is stored, and what became of it. */
export const LedgerView = ({ live }: { live: LiveData }) => {
  const summary = useQuery<Summary>('/ledger', 10_000);
  return html`
    <${Files} live=${live} />
    <section>
      <h2>Series</h2>
      <${Answer} query=${summary}>${({ series, stale_candles, quarantined, disks }: Summary) => html`
        <${Series} series=${series} stale_candles=${stale_candles} />
        <div class="grid">
          <div><h3>Quarantine</h3><${Quarantine} quarantined=${quarantined} /></div>
          <div><h3>Disk</h3><${Disks} disks=${disks} /></div>
        </div>
      `}<//>
    </section>
    <${Gaps} />
  `;
};
