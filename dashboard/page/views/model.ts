import { html } from 'htm/preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { AnswerTo, TrainingState, VersionRow } from '../answers.ts';
import { get, Refused } from '../api.ts';
import { regimeColour } from '../colours.ts';
import { age, number, time } from '../format.ts';
import { type LiveData, useNow, useQuery } from '../hooks.ts';
import { LinesChart } from '../lines-chart.ts';
import { Answer, Failure, type Question, useConfirm } from '../parts.ts';
import { TrainingLoop } from './training-loop.ts';
import { useChampion, useVersionPages } from './version-pages.ts';
import { decide, Versions } from './versions.ts';

type Report = AnswerTo<'GET /models/{version}'>;
type Paired = NonNullable<Report['gate'][string]['paired']>;
type Judgement = NonNullable<NonNullable<Report['metadata']['evaluation']>[string]['judgement']>;
type Rival = Judgement['rivals'][string];
type Transitions = AnswerTo<'GET /models/{version}/transitions'>;
type Promotion = AnswerTo<'GET /promotions'>['data'][number];

/** Log-likelihood on candles that neither had seen. */
const HeldOut = ({
  n,
  difference,
  lower,
  upper,
  candidate,
  champion,
}: Paired) => html`<div class="scroll" tabindex="0"><table>
  <caption>On ${n} later candles, nats/candle</caption>
  <thead><tr><th scope="col" class="number">This version</th><th scope="col" class="number">Champion before</th><th scope="col" class="number">Difference</th><th scope="col" class="number">Its bounds</th></tr></thead>
  <tbody><tr><td class="number">${number(candidate, 4)}</td><td class="number">${number(champion, 4)}</td><td class="number">${number(difference, 4)}</td><td class="number">${number(lower, 4)} … ${number(upper, 4)}</td></tr></tbody></table></div>`;

const Gates = ({ gate }: { gate: Report['gate'] }) =>
  html`<div class="grid">${Object.entries(gate).map(
    ([series, { decision, reason, checks, paired }]) => html`<div key=${series}>
    <h3>${series}: <span class=${decision === 'pass' ? 'good' : 'warn'}>${decision}</span></h3>
    <p>${reason}</p>
    <div class="scroll" tabindex="0"><table>
      <thead><tr><th scope="col">Check</th><th scope="col" class="number">Value</th><th scope="col" class="number">Limit</th><th scope="col"><span class="dim">Result</span></th></tr></thead>
      <tbody>${checks.map(
        (check) =>
          html`<tr key=${check.name}><td>${check.name}</td><td class="number">${number(check.value, 5)}</td><td class="number">${number(check.limit, 5)}</td><td class=${check.pass ? 'good' : 'bad'}>${check.pass ? 'pass' : 'fail'}</td></tr>`,
      )}</tbody></table></div>
    ${paired ? html`<${HeldOut} ...${paired} />` : null}
  </div>`,
  )}</div>`;

/** As backtest/rivals.ts calls them. */
const rivalNames: Readonly<Record<string, string>> = {
  oneState: 'one Gaussian',
  iidMixture: 'the same states without memory',
  ewma: 'EWMA volatility',
  garch: 'GARCH(1,1), of the return',
  previous: 'champion before',
};

const gainOf = ({ gain }: Rival): string => {
  const { mean, lower, upper } = gain.joint ?? gain.margin;
  return `${number(mean, 4)} (${number(lower, 4)} … ${number(upper, 4)})`;
};

const BaselineTable = ({ series, judgement }: { series: string; judgement: Judgement }) => html`
  <div class="scroll" tabindex="0"><table>
    <caption>${series}: one-step predictive log-likelihood on ${judgement.candles} candles that none was fitted on, nats/candle</caption>
    <thead><tr><th scope="col">Model</th><th scope="col" class="number">all features</th><th scope="col" class="number">return alone</th><th scope="col" class="number">this model gains (95 %)</th></tr></thead>
    <tbody>
      <tr><th scope="row">this model</th><td class="number">${number(judgement.model.joint, 4)}</td><td class="number">${number(judgement.model.margin, 4)}</td><td></td></tr>
      ${Object.entries(judgement.rivals).map(
        ([name, rival]) =>
          html`<tr key=${name}><th scope="row">${rivalNames[name] ?? name}</th><td class="number">${number(rival.joint, 4)}</td><td class="number">${number(rival.margin, 4)}</td><td class="number">${gainOf(rival)}</td></tr>`,
      )}</tbody></table></div>`;

const Baselines = ({
  evaluation = {},
  warnings = {},
}: Pick<Report['metadata'], 'evaluation' | 'warnings'>) => {
  const entries = Object.entries(evaluation);
  const said = Object.entries(warnings).flatMap(([series, all]) => all.map((text) => `${series}: ${text}`));
  return html`
    ${
      entries.length === 0
        ? html`<p class="dim">This version was not compared with baselines.</p>`
        : html`<p class="dim">A retrain of a lineage is judged as it stood before it learned from these candles; baselines are fitted on older ones.</p>`
    }
    ${entries.map(([series, { judgement }]) => html`<${BaselineTable} key=${series} series=${series} judgement=${judgement} />`)}
    ${said.length === 0 ? null : html`<ul class="warn">${said.map((text) => html`<li key=${text}>${text}</li>`)}</ul>`}
  `;
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

/** Where P(from → to) stands in the matrix of a version; without `from`, P(stay). */
const pointsOf = ({ regimes, matrix }: Transitions['series'][string], from: string | undefined) => {
  const row = from === undefined ? undefined : matrix[regimes.indexOf(from)];
  return regimes.flatMap((name, k) => {
    const value = from === undefined ? matrix[k]![k] : row?.[k];
    return value === undefined ? [] : [{ name, value }];
  });
};

/** P(stay) of each regime, or P(from → to), over the newest versions. */
const useDrift = (versions: readonly VersionRow[], series: string | undefined, from: string | undefined) => {
  const wanted = versions.filter(({ pruned_at }) => pruned_at === null).slice(0, driftVersions);
  const ids = wanted.map(({ version_id }) => version_id).join(' ');
  const [found, setFound] = useState<readonly { atMs: number; transitions: Transitions }[]>([]);
  const [failed, setFailed] = useState<string>();
  useEffect(() => {
    let over = false;
    void Promise.allSettled(
      wanted.map(async ({ version_id, created_at }) => ({
        atMs: created_at,
        transitions: await get<Transitions>(`/models/${encodeURIComponent(version_id)}/transitions`),
      })),
    ).then((settled) => {
      if (over) return;
      setFound(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
      // One that was pruned meanwhile has no matrix any more.
      const [reason] = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
      setFailed(reason instanceof Refused && reason.status === 404 ? undefined : reason?.message);
    });
    return () => {
      over = true;
    };
  }, [ids]);
  const lines = useMemo(() => {
    const points = new Map<string, { atMs: number; value: number }[]>();
    for (const { atMs, transitions } of [...found].sort((a, b) => a.atMs - b.atMs)) {
      const one = series === undefined ? undefined : transitions.series[series];
      for (const { name, value } of one ? pointsOf(one, from) : [])
        points.set(name, [...(points.get(name) ?? []), { atMs, value }]);
    }
    return [...points].map(([name, line]) => ({ name, colour: regimeColour(name), points: line }));
  }, [found, series, from]);
  return { lines, failed };
};

const Detail = ({ id, versions }: { id: string; versions: readonly VersionRow[] }) => {
  const report = useQuery<Report>(`/models/${encodeURIComponent(id)}`, 60_000);
  const transitions = useQuery<Transitions>(`/models/${encodeURIComponent(id)}/transitions`, 60_000);
  const all = Object.keys(transitions.value?.series ?? {});
  const [asked, choose] = useState<string>();
  const series = asked !== undefined && all.includes(asked) ? asked : all[0];
  const regimes = series === undefined ? [] : (transitions.value?.series[series]?.regimes ?? []);
  const [askedFrom, chooseFrom] = useState('');
  const from = regimes.includes(askedFrom) ? askedFrom : undefined;
  const { lines: drift, failed } = useDrift(versions, series, from);
  return html`
    <section>
      <h2>Report of ${id}</h2>
      <${Answer} query=${report}>${({ gate, metadata }: Report) => html`
        <p class="dim">${metadata.claimed_files ?? 0} files were claimed for it.</p>
        <${Gates} gate=${gate} />
        <h3>Against baselines</h3>
        <${Baselines} evaluation=${metadata.evaluation} warnings=${metadata.warnings} />
      `}<//>
    </section>
    <section>
      <h2>Transitions</h2>
      <div class="toolbar"><label>Series${' '}<select value=${series} onChange=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>${all.map((key) => html`<option key=${key} value=${key}>${key}</option>`)}</select></label></div>
      <${Answer} query=${transitions}>${(value: Transitions) =>
        series === undefined || !value.series[series]
          ? null
          : html`<${HeatMap} series=${series} one=${value.series[series]} />`}<//>
      <h3>Drift over versions</h3>
      <div class="toolbar"><label>Probability${' '}<select value=${from ?? ''} onChange=${(event: Event) => chooseFrom((event.target as HTMLSelectElement).value)}><option value="">to stay in each regime</option>${regimes.map((name) => html`<option key=${name} value=${name}>from ${name} to each</option>`)}</select></label></div>
      ${failed === undefined ? null : html`<p class="error" role="alert">Drift: ${failed}</p>`}
      ${drift.length > 0 && drift[0]!.points.length > 1 ? html`<${LinesChart} lines=${drift} label="Transition probabilities over versions" />` : html`<p class="dim">With a second version its drift shows here.</p>`}
    </section>
  `;
};

const Promotions = ({ reloads }: { reloads: number }) => {
  const now = useNow();
  const promotions = useQuery<AnswerTo<'GET /promotions'>>('/promotions?limit=20', 10_000);
  useEffect(() => promotions.reload(), [reloads]);
  return html`<section><h2>Promotions</h2><${Answer} query=${promotions}>${({
    data,
  }: {
    data: readonly Promotion[];
  }) =>
    data.length === 0
      ? html`<p class="empty">Nothing was promoted yet.</p>`
      : html`<div class="scroll" tabindex="0"><table>
        <thead><tr><th scope="col">When (UTC)</th><th scope="col">What</th><th scope="col">Version</th><th scope="col">By</th><th scope="col">Why</th></tr></thead>
        <tbody>${data.map((row) => html`<tr key=${row.fence}><td>${time(row.created_at)} <span class="dim">${age(row.created_at, now)}</span></td><td>${row.kind}</td><td>${row.version_id}</td><td>${row.actor}</td><td class="wrap">${row.reason}</td></tr>`)}</tbody></table></div>`}<//></section>`;
};

/** From what the operator saw to what the operator saw: it is refused where another version became champion meanwhile. */
const rollBack = (from: string, to: string): Question => ({
  title: `Roll back to ${to}?`,
  text: `It serves again instead of ${from}. If another version is champion by then, nothing is changed.`,
  action: 'Roll back',
  danger: true,
  act: decide('/model/rollback', { to, expected_champion: from }),
});

/** Champion, versions, and what speaks for each. */
export const ModelView = ({ live }: { live: LiveData }) => {
  const { versions, older, newer } = useVersionPages();
  const [chosen, choose] = useState<string>();
  const [reloads, setReloads] = useState(0);
  const { ask, shown } = useConfirm(() => {
    versions.reload();
    setReloads((n) => n + 1);
  });
  const model = useQuery<AnswerTo<'GET /model'>>('/model', 5_000);
  const serving = JSON.stringify(live.topics['model']?.value ?? null);
  useEffect(() => versions.reload(), [serving]);
  useEffect(() => model.reload(), [serving, reloads]);
  const data = versions.value?.data ?? [];
  const { champion, found } = useChampion(versions.value?.data, model.value?.active_version);
  const serves = champion?.version_id ?? model.value?.active_version;
  const id = chosen ?? (serves === null ? data[0]?.version_id : serves);
  const { champion: newest, predecessor } = model.value ?? {};
  const train = decide('/train?wait=false', {});
  return html`
    ${shown}
    <section>
      <${Answer} query=${model}>${({ training }: { training: TrainingState }) => html`<${TrainingLoop} training=${training} ask=${ask} />`}<//>
      <div class="toolbar">
        <h2>Versions</h2>
        <span class="spring"></span>
        <button class="primary" onClick=${() => ask({ title: 'Retrain now?', text: 'Starts a retrain on the new candles, or joins the one that runs. Follow it under Runs.', action: 'Retrain', act: train })}>Retrain</button>
        <button class="danger" disabled=${!newest || !predecessor} title=${predecessor ? '' : 'No earlier champion to roll back to'} onClick=${() => newest && predecessor && ask(rollBack(newest.versionId, predecessor))}>Roll back</button>
      </div>
      <${Failure} query=${found} what="Champion" />
      <${Answer} query=${versions}>${({ data: rows }: { data: readonly VersionRow[] }) =>
        rows.length === 0
          ? html`<p class="empty">No version yet: a retrain makes the first when enough candles are stored.</p>`
          : html`<${Versions} versions=${rows} serves=${serves} champion=${champion} chosen=${id} choose=${choose} ask=${ask} />`}<//>
      ${newer || older ? html`<div class="toolbar"><button disabled=${!newer} onClick=${newer}>Newer versions</button><button disabled=${!older} onClick=${older}>Older versions</button></div>` : null}
    </section>
    ${id === undefined ? null : html`<${Detail} key=${id} id=${id} versions=${data} />`}
    <${Promotions} reloads=${reloads} />
  `;
};
