import { html } from 'htm/preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { get, post } from '../api.ts';
import { regimeColour } from '../colours.ts';
import { age, count, number, time } from '../format.ts';
import { type LiveData, useNow, useQuery } from '../hooks.ts';
import { LinesChart } from '../lines-chart.ts';
import { Answer, type Question, useConfirm } from '../parts.ts';

interface VersionRow {
  readonly version_id: string;
  readonly created_at: number;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly active: boolean;
  readonly parent_version_id: string | null;
  readonly n_states: number;
  readonly n_obs: number;
  readonly series: readonly string[];
  readonly tag: string | null;
}

interface Check {
  readonly name: string;
  readonly pass: boolean;
  readonly value: number | null;
  readonly limit: number | null;
}

interface Gate {
  readonly decision: string;
  readonly reason: string;
  readonly checks?: readonly Check[];
}

interface Rival {
  readonly joint: number | null;
  readonly margin: number | null;
}

interface Report extends VersionRow {
  readonly gate: Readonly<Record<string, Gate>>;
  readonly metadata: {
    readonly message?: string;
    readonly claimed_files?: number;
    readonly evaluation?: Readonly<
      Record<
        string,
        { judgement: { candles: number; model: Rival; rivals: Readonly<Record<string, Rival>> } }
      >
    >;
  };
}

interface Transitions {
  readonly version_id: string;
  readonly series: Readonly<
    Record<string, { regimes: string[]; matrix: number[][]; expected_candles: (number | null)[] }>
  >;
}

interface Promotion {
  readonly fence: number;
  readonly version_id: string;
  readonly kind: string;
  readonly actor: string;
  readonly reason: string;
  readonly created_at: number;
}

const metricOf = ({ metrics }: VersionRow): string => {
  const [name, value] = Object.entries(metrics)[0] ?? [];
  return name === undefined ? '–' : `${name} ${number(value, 4)} nats/candle`;
};

const decide = (path: string, body: object): Question['act'] => {
  const key = crypto.randomUUID();
  return () => post(path, body, key);
};

const Versions = ({
  versions,
  chosen,
  choose,
  ask,
}: {
  versions: readonly VersionRow[];
  chosen: string | undefined;
  choose: (id: string) => void;
  ask: (question: Question) => void;
}) => {
  const now = useNow();
  return html`<ol class="timeline">${versions.map(
    (version) => html`<li key=${version.version_id} class=${version.active ? 'active' : ''}>
      <a href="#model" aria-current=${version.version_id === chosen ? 'true' : undefined} onClick=${(
        event: Event,
      ) => {
        event.preventDefault();
        choose(version.version_id);
      }}>${version.version_id}</a>
      ${version.active ? html` <strong class="good">serves</strong>` : null}${version.tag ? html` <span class="dim">${version.tag}</span>` : null}
      <br /><span class="dim">${age(version.created_at, now)} · K ${version.n_states} · ${count(version.n_obs)} rows · ${metricOf(version)}${version.parent_version_id ? ` · after ${version.parent_version_id}` : ''}</span>
      ${
        version.active
          ? null
          : html`<button onClick=${() => ask({ title: `Promote ${version.version_id}?`, text: 'It serves from the next request on, whatever its gate said. The decision is audited under your name.', action: 'Promote', act: decide('/model/promote', { version_id: version.version_id }) })}>Promote</button>
            <button onClick=${() => ask({ title: `Approve ${version.version_id}?`, text: 'Only a version that waits for an approval can be approved.', action: 'Approve', act: decide('/model/approve', { version_id: version.version_id }) })}>Approve</button>`
      }
    </li>`,
  )}</ol>`;
};

const Gates = ({ gate }: { gate: Report['gate'] }) =>
  html`${Object.entries(gate).map(
    ([series, { decision, reason, checks = [] }]) => html`<div key=${series}>
    <h3>${series}: <span class=${decision === 'pass' ? 'good' : 'warn'}>${decision}</span></h3>
    <p>${reason}</p>
    <div class="scroll" tabindex="0"><table>
      <thead><tr><th scope="col">Check</th><th scope="col" class="number">Value</th><th scope="col" class="number">Limit</th><th scope="col"><span class="dim">Result</span></th></tr></thead>
      <tbody>${checks.map(
        (check) =>
          html`<tr key=${check.name}><td>${check.name}</td><td class="number">${number(check.value, 5)}</td><td class="number">${number(check.limit, 5)}</td><td class=${check.pass ? 'good' : 'bad'}>${check.pass ? 'pass' : 'fail'}</td></tr>`,
      )}</tbody></table></div>
  </div>`,
  )}`;

const Baselines = ({ evaluation }: { evaluation: Report['metadata']['evaluation'] }) => {
  const entries = Object.entries(evaluation ?? {});
  if (entries.length === 0) return html`<p class="dim">This version was not compared with baselines.</p>`;
  return html`${entries.map(
    ([series, { judgement }]) => html`<div class="scroll" tabindex="0" key=${series}><table>
      <caption>${series}: one-step predictive log-likelihood on ${judgement.candles} later candles, nats/candle</caption>
      <thead><tr><th scope="col">Model</th><th scope="col" class="number">all features</th><th scope="col" class="number">return alone</th></tr></thead>
      <tbody>${Object.entries({ 'this model': judgement.model, ...judgement.rivals }).map(
        ([name, { joint, margin }]) =>
          html`<tr key=${name}><th scope="row">${name}</th><td class="number">${number(joint, 4)}</td><td class="number">${number(margin, 4)}</td></tr>`,
      )}</tbody></table></div>`,
  )}`;
};

const HeatMap = ({ series, one }: { series: string; one: Transitions['series'][string] }) => html`
  <div class="scroll" tabindex="0"><table class="heat">
    <caption>${series}: P(next regime | regime), and how many candles a stay lasts</caption>
    <thead><tr><th scope="col">from \ to</th>${one.regimes.map((name) => html`<th scope="col" key=${name}>${name}</th>`)}<th scope="col" class="number">stay</th></tr></thead>
    <tbody>${one.matrix.map(
      (row, i) => html`<tr key=${one.regimes[i]}>
        <th scope="row"><span class="swatch" style=${{ background: regimeColour(one.regimes[i] ?? '') }}></span>${one.regimes[i]}</th>
        ${row.map((p, j) => html`<td key=${j} style=${{ background: `color-mix(in srgb, var(--accent) ${Math.round(45 * p)}%, transparent)` }}>${p.toFixed(3)}</td>`)}
        <td class="number">${number(one.expected_candles[i], 1)}</td>
      </tr>`,
    )}</tbody></table></div>`;

const driftVersions = 20;

/** P(stay) of each regime over the newest versions. */
const useDrift = (versions: readonly VersionRow[], series: string | undefined) => {
  const ids = versions
    .slice(0, driftVersions)
    .map(({ version_id }) => version_id)
    .join(' ');
  const [found, setFound] = useState<readonly { atMs: number; transitions: Transitions }[]>([]);
  useEffect(() => {
    let over = false;
    const wanted = versions.slice(0, driftVersions);
    void Promise.allSettled(
      wanted.map(async ({ version_id, created_at }) => ({
        atMs: created_at,
        transitions: await get<Transitions>(`/models/${encodeURIComponent(version_id)}/transitions`),
      })),
    ).then((settled) => {
      // A pruned version has no matrix any more.
      if (!over) setFound(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
    });
    return () => {
      over = true;
    };
  }, [ids]);
  return useMemo(() => {
    const points = new Map<string, { atMs: number; value: number }[]>();
    for (const { atMs, transitions } of [...found].sort((a, b) => a.atMs - b.atMs)) {
      const one = series === undefined ? undefined : transitions.series[series];
      one?.regimes.forEach((name, k) =>
        points.set(name, [...(points.get(name) ?? []), { atMs, value: one.matrix[k]![k]! }]),
      );
    }
    return [...points].map(([name, line]) => ({ name, colour: regimeColour(name), points: line }));
  }, [found, series]);
};

const Detail = ({ id, versions }: { id: string; versions: readonly VersionRow[] }) => {
  const report = useQuery<Report>(`/models/${encodeURIComponent(id)}`, 60_000);
  const transitions = useQuery<Transitions>(`/models/${encodeURIComponent(id)}/transitions`, 60_000);
  const all = Object.keys(transitions.value?.series ?? {});
  const [asked, choose] = useState<string>();
  const series = asked !== undefined && all.includes(asked) ? asked : all[0];
  const drift = useDrift(versions, series);
  return html`
    <section>
      <h2>Report of ${id}</h2>
      <${Answer} query=${report}>${({ gate, metadata }: Report) => html`
        <p class="dim">${metadata.claimed_files ?? 0} files were claimed for it.</p>
        <${Gates} gate=${gate} />
        <h3>Against baselines</h3>
        <${Baselines} evaluation=${metadata.evaluation} />
      `}<//>
    </section>
    <section>
      <h2>Transitions</h2>
      <div class="toolbar"><label>Series${' '}<select value=${series} onChange=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>${all.map((key) => html`<option key=${key} value=${key}>${key}</option>`)}</select></label></div>
      <${Answer} query=${transitions}>${(value: Transitions) =>
        series === undefined || !value.series[series]
          ? null
          : html`<${HeatMap} series=${series} one=${value.series[series]} />`}<//>
      <h3>P(stay) over versions</h3>
      ${drift.length > 0 && drift[0]!.points.length > 1 ? html`<${LinesChart} lines=${drift} label="Probability to stay in each regime, over versions" />` : html`<p class="dim">With a second version its drift shows here.</p>`}
    </section>
  `;
};

const Promotions = ({ reloads }: { reloads: number }) => {
  const promotions = useQuery<{ data: Promotion[] }>('/promotions?limit=20', 10_000);
  useEffect(() => promotions.reload(), [reloads]);
  return html`<section><h2>Promotions</h2><${Answer} query=${promotions}>${({
    data,
  }: {
    data: Promotion[];
  }) =>
    data.length === 0
      ? html`<p class="empty">Nothing was promoted yet.</p>`
      : html`<div class="scroll" tabindex="0"><table>
        <thead><tr><th scope="col">When (UTC)</th><th scope="col">What</th><th scope="col">Version</th><th scope="col">By</th><th scope="col">Why</th></tr></thead>
        <tbody>${data.map((row) => html`<tr key=${row.fence}><td>${time(row.created_at)}</td><td>${row.kind}</td><td>${row.version_id}</td><td>${row.actor}</td><td class="wrap">${row.reason}</td></tr>`)}</tbody></table></div>`}<//></section>`;
};

/** Champion, versions, and what speaks for each. */
export const ModelView = ({ live }: { live: LiveData }) => {
  const versions = useQuery<{ data: VersionRow[] }>('/models?limit=50', 15_000);
  const [chosen, choose] = useState<string>();
  const [reloads, setReloads] = useState(0);
  const { ask, shown } = useConfirm(() => {
    versions.reload();
    setReloads((n) => n + 1);
  });
  const serving = JSON.stringify(live.topics['model']?.value ?? null);
  useEffect(() => versions.reload(), [serving]);
  const data = versions.value?.data ?? [];
  const id = chosen ?? data.find(({ active }) => active)?.version_id ?? data[0]?.version_id;
  const train = decide('/train?wait=false', {});
  return html`
    ${shown}
    <section>
      <div class="toolbar">
        <h2>Versions</h2>
        <button class="primary" onClick=${() => ask({ title: 'Retrain now?', text: 'Starts a retrain on the new candles, or joins the one that runs. Follow it under Runs.', action: 'Retrain', act: train })}>Retrain</button>
        <button class="danger" onClick=${() => ask({ title: 'Roll back?', text: 'The predecessor of the champion serves again.', action: 'Roll back', danger: true, act: decide('/model/rollback', {}) })}>Roll back</button>
      </div>
      <${Answer} query=${versions}>${({ data: rows }: { data: VersionRow[] }) =>
        rows.length === 0
          ? html`<p class="empty">No version yet: a retrain makes the first when enough candles are stored.</p>`
          : html`<${Versions} versions=${rows} chosen=${id} choose=${choose} ask=${ask} />`}<//>
    </section>
    ${id === undefined ? null : html`<${Detail} key=${id} id=${id} versions=${data} />`}
    <${Promotions} reloads=${reloads} />
  `;
};
