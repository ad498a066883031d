import { html } from 'htm/preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { AnswerTo, ChartPage, Correction, Gap } from '../answers.ts';
import { get } from '../api.ts';
import { furtherBack, sideBySide } from '../chart-pages.ts';
import { regimeColour } from '../colours.ts';
import { percent, time } from '../format.ts';
import { type LiveData, useQuery } from '../hooks.ts';
import { createMarketChart, type Mark, type MarketChart } from '../market-chart.ts';
import { Answer, Failure } from '../parts.ts';
import { inOrder } from '../regime-order.ts';

/** What the exchange did to the candle, under it. */
const correctionMarks = (corrections: readonly Correction[], { series }: ChartPage): Mark[] =>
  corrections
    .filter((one) => one.series === series)
    .map(({ openTimeMs, change }) => ({ atMs: openTimeMs, text: change, kind: 'correction' as const }));

/** A gap is marked on the first candle after it: there is none inside. */
const gapMarks = (gaps: readonly Gap[], { series, timeframe_ms: step }: ChartPage): Mark[] =>
  gaps
    .filter((gap) => gap.series === series)
    .map(({ toMs, missing, state }) => ({
      atMs: toMs + step,
      text: `${missing} missing (${state})`,
      kind: 'gap' as const,
    }));

/** Of a page further back, whose gaps and corrections need not be among the newest. */
const marksOf = async (page: ChartPage, beforeMs: number): Promise<Mark[]> => {
  const from = page.candles[0]?.[0] ?? 0;
  const asked = `limit=1000&series=${encodeURIComponent(page.series)}&from=${from}&to=${beforeMs}`;
  const [gaps, corrections] = await Promise.all([
    get<AnswerTo<'GET /ledger/gaps'>>(`/ledger/gaps?missing=true&${asked}`),
    get<AnswerTo<'GET /ledger/corrections'>>(`/ledger/corrections?${asked}`),
  ]);
  return [...gapMarks(gaps.data, page), ...correctionMarks(corrections.data, page)];
};

/** A candle may have been corrected twice; a gap's text changes with its state. */
const keyOf = ({ kind, atMs, text }: Mark): string => `${kind} ${atMs} ${kind === 'gap' ? '' : text}`;

/** Ascending; what two answers told is marked once, as the later one told it. */
const inTime = (marks: readonly Mark[]): Mark[] =>
  [...new Map(marks.map((mark) => [keyOf(mark), mark])).values()].sort((a, b) => a.atMs - b.atMs);

/** `training`: files are claimed, so a retrain runs. */
const Regimes = ({ page, training }: { page: ChartPage; training: boolean }) => {
  const now = page.probabilities.at(-1);
  const [next, far] = [page.forecast[0], page.forecast.at(-1)];
  if (!now)
    return html`<p class="empty">${
      training
        ? 'No model serves this series yet: a retrain is running; if it is promoted, its regimes appear here.'
        : 'No model serves this series yet: train one, and its regimes appear here.'
    }</p>`;
  return html`
    <div class="scroll" tabindex="0">
      <table>
        <caption>P(regime), filtered, at ${time(page.candles.at(-1)?.[0])} UTC</caption>
        <thead>
          <tr><th scope="col">Regime</th><th scope="col" class="number">now</th><th scope="col" class="number">next candle</th><th scope="col" class="number">in ${page.forecast.length} candles</th></tr>
        </thead>
        <tbody>
          ${inOrder(page.regimes).map(
            ({ name, state: k }) => html`<tr key=${name}>
              <th scope="row"><span class="swatch" style=${{ background: regimeColour(name) }}></span>${name}</th>
              <td class="number">${percent(now[k])}</td>
              <td class="number">${percent(next?.[k])}</td>
              <td class="number">${percent(far?.[k])}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  `;
};

/** What is marked on the loaded candles, newest first, for those who cannot see or aim at a mark. */
const Marks = ({ marks }: { marks: readonly Mark[] }) =>
  marks.length === 0
    ? null
    : html`<details>
    <summary>${marks.length} marked: gaps and corrections of the loaded candles</summary>
    <ul>${[...marks].reverse().map(({ atMs, kind, text }) => html`<li key=${`${kind} ${atMs}`}>${kind === 'gap' ? 'Gap before' : 'Correction at'} ${time(atMs)} UTC: ${text}</li>`)}</ul>
  </details>`;

/** The newest page is asked for again; older ones are added as the user goes back. Of one model: its names are those of all pages. */
const Chart = ({
  series,
  newest,
  gaps,
  corrections,
}: {
  series: string;
  newest: ChartPage;
  gaps: readonly Gap[];
  corrections: readonly Correction[];
}) => {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<MarketChart>();
  const [older, setOlder] = useState<readonly ChartPage[]>([]);
  const [olderMarks, setOlderMarks] = useState<readonly Mark[]>([]);
  const [error, setError] = useState<string>();
  const loading = useRef(false);
  const oldest = useRef(newest);
  oldest.current = older[0] ?? newest;
  const last = useRef(newest);
  useEffect(() => {
    const before = last.current;
    last.current = newest;
    setOlder((pages) => furtherBack(pages, before, newest));
  }, [newest]);

  const loadOlder = async (): Promise<void> => {
    const before = oldest.current.next_before;
    if (loading.current || before === null) return;
    loading.current = true;
    let again = false;
    try {
      const page = await get<ChartPage>(`/chart?series=${encodeURIComponent(series)}&before=${before}`);
      // A model that came meanwhile makes another chart of it.
      if (page.version_id !== oldest.current.version_id) return;
      const marked = await marksOf(page, before);
      // What it was to stand before moved on, or went (the page slept): there would be a hole between.
      again = oldest.current.next_before !== before;
      if (again) return;
      setOlder((pages) => [page, ...pages]);
      setOlderMarks((marks) => [...marked, ...marks]);
      setError(undefined);
    } catch (failure) {
      setError((failure as Error).message);
    } finally {
      loading.current = false;
      if (again) void loadOlder();
    }
  };

  useEffect(() => {
    chart.current = createMarketChart(place.current!, () => void loadOlder());
    return () => chart.current?.remove();
  }, []);
  const marks = useMemo(
    () => inTime([...olderMarks, ...gapMarks(gaps, newest), ...correctionMarks(corrections, newest)]),
    [newest, gaps, corrections, olderMarks],
  );
  useEffect(() => chart.current?.show(sideBySide(older, newest), marks), [newest, older, marks]);
  return html`
    ${error ? html`<p class="error" role="alert">${error}</p>` : null}
    <div class="toolbar">
      <button onClick=${() => chart.current?.move(-100)}>Earlier</button>
      <button onClick=${() => chart.current?.move(100)}>Later</button>
      <button onClick=${() => chart.current?.zoom(2)}>Zoom out</button>
      <button onClick=${() => chart.current?.zoom(0.5)}>Zoom in</button>
      <span class="dim">or drag and turn the wheel; older candles load as they come into sight</span>
    </div>
    <div class="chart" role="group" aria-label=${`Candles of ${series} with the regime of each as background, filtered probabilities below`} ref=${place}></div>
    <${Marks} marks=${marks.filter(({ atMs }) => atMs >= (oldest.current.candles[0]?.[0] ?? 0))} />
  `;
};

const noGaps: readonly Gap[] = [];
const noCorrections: readonly Correction[] = [];

/** Candles with their regimes, back to the first. */
export const Market = ({ live }: { live: LiveData }) => {
  const health = useQuery<AnswerTo<'GET /health'>>('/health', 60_000);
  const [chosen, choose] = useState<string>();
  const all = health.value?.series ?? [];
  const series = chosen ?? all[0];
  const page = useQuery<ChartPage>(series && `/chart?series=${encodeURIComponent(series)}`, 15_000);
  const ofSeries = `limit=1000&series=${encodeURIComponent(series ?? '')}`;
  const gaps = useQuery<AnswerTo<'GET /ledger/gaps'>>(
    series && `/ledger/gaps?missing=true&${ofSeries}`,
    60_000,
  );
  const corrections = useQuery<AnswerTo<'GET /ledger/corrections'>>(
    series && `/ledger/corrections?${ofSeries}`,
    60_000,
  );
  const watermark = JSON.stringify(live.topics['watermarks']?.value ?? null);
  useEffect(() => page.reload(), [watermark]);
  const claimed = (live.topics['ledger']?.value as Record<string, number> | undefined)?.['processing'] ?? 0;
  return html`
    <section>
      <div class="toolbar">
        <label>Series${' '}
          <select value=${series} onChange=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
            ${all.map((key) => html`<option key=${key} value=${key}>${key}</option>`)}
          </select>
        </label>
        <span class="legend">
          ${inOrder(page.value?.regimes ?? []).map(({ name }) => html`<span key=${name}><span class="swatch" style=${{ background: regimeColour(name) }}></span>${name}</span>`)}
        </span>
      </div>
      <${Failure} query=${health} what="Series" /><${Failure} query=${gaps} what="Gaps" /><${Failure} query=${corrections} what="Corrections" />
      <${Answer} query=${page}>
        ${(value: ChartPage) =>
          value.candles.length === 0
            ? html`<p class="empty">No candles of ${series} are stored yet.</p>`
            : html`<${Chart} key=${`${series} ${value.version_id}`} series=${series} newest=${value} gaps=${gaps.value?.data ?? noGaps} corrections=${corrections.value?.data ?? noCorrections} /><${Regimes} page=${value} training=${claimed > 0} />`}
      <//>
    </section>
  `;
};
