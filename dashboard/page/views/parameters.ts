import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import type { AnswerTo } from '../answers.ts';
import { post } from '../api.ts';
import { age, ahead, count, number, percent, time } from '../format.ts';
import { useNow, useQuery } from '../hooks.ts';
import { Answer, type Question, useConfirm } from '../parts.ts';
import { TrainingLoop } from './training-loop.ts';

type Scope = AnswerTo<'GET /strategies'>['data'][number];
type Overview = NonNullable<AnswerTo<'GET /overview/{strategy}/{instrument}'>['data']>;
type Decision = AnswerTo<'GET /decisions'>['data'][number];
type Standing = AnswerTo<'GET /guardrails'>;

/** As cli/embedded names it. */
const loopCheck = 'loop_check';

type Ask = (question: Question) => void;

const Guardrails = ({ ask, acts }: { ask: Ask; acts: number }) => {
  const standing = useQuery<Standing>('/guardrails', 5_000);
  useEffect(() => standing.reload(), [acts]);
  const now = useNow();
  const parts = (target: string) => {
    const [strategy, instrument] = target === '*' ? [] : target.split(':');
    return { ...(strategy ? { strategy } : {}), ...(instrument ? { instrument } : {}) };
  };
  return html`<section>
    <div class="toolbar">
      <h2>Guardrails</h2>
      <span class="spring"></span>
      <button class="danger" onClick=${() => ask({ title: 'Stop all trading?', text: 'Every answer says HALTED and serves the safe default until a person resumes.', action: 'Kill trading', danger: true, reason: true, act: (reason) => post('/kill', { reason }) })}>Kill trading</button>
    </div>
    <${Answer} query=${standing}>${({ trading_states, locks, equities, training }: Standing) => html`
      ${trading_states.length === 0 ? html`<p><strong class="good">Trading: ACTIVE everywhere</strong></p>` : null}
      ${trading_states.map(
        (
          one,
        ) => html`<div class="row" key=${one.target}><span><strong class="bad">${one.target === '*' ? 'everything' : one.target}: ${one.state}</strong> since ${age(one.since, now)}, by ${one.actor}, until a person resumes it: ${one.reason}</span>
          <button onClick=${() => ask({ title: `Resume ${one.target === '*' ? 'everything' : one.target}?`, text: 'Trading goes on at once.', action: 'Resume', reason: true, act: (reason) => post('/resume', { ...parts(one.target), reason }) })}>Resume</button></div>`,
      )}
      ${
        locks.length === 0
          ? html`<p class="dim">No lock is open.</p>`
          : html`<ul>${locks.map(
              (
                lock,
              ) => html`<li key=${lock.id}>${lock.target}: <strong class="warn">${lock.protection}</strong> – ${lock.reason}; ${lock.until === null ? 'until what it waits for is there' : `until ${time(lock.until)} UTC (${ahead(lock.until, now)})`}
                <button onClick=${() => ask({ title: `Lift ${lock.protection} of ${lock.target}?`, text: lock.reason, action: 'Unlock', reason: true, act: (reason) => post('/unlock', { lock_id: lock.id, reason }) })}>Unlock</button></li>`,
            )}</ul>`
      }
      <${TrainingLoop} training=${training} ask=${ask} />
      ${equities.map((one) => html`<p key=${one.target}>Equity of ${one.target === '*' ? 'everything' : one.target}: ${number(one.equity, 2)} ${one.currency}, ${percent(one.drawdown)} below its peak ${number(one.peak, 2)}</p>`)}
    `}<//>
  </section>`;
};

type Preset = Overview['presets'][number];

/** One scale for all presets, with 0 on it. */
const scaleOf = (presets: readonly Preset[]) => {
  const low = Math.min(0, ...presets.map((preset) => preset.low));
  const span = Math.max(0, ...presets.map(({ high }) => high)) - low || 1;
  return (value: number): string => `${(100 * (value - low)) / span}%`;
};

/** The interval as a bar, its mean as a tick, zero as a line; the numbers stand beside it. */
const Interval = ({
  preset,
  at,
}: {
  preset: Preset;
  at: (value: number) => string;
}) => html`<div class="interval" aria-hidden="true">
  <span class="zero" style=${{ left: at(0) }}></span>
  <span class="span" style=${{ left: at(preset.low), right: `calc(100% - ${at(preset.high)})` }}></span>
  <span class="mean" style=${{ left: at(preset.mean) }}></span>
</div>`;

/** What the figures above mean, for who reads them the first time. */
const Words = ({ strategy }: { strategy: string }) => html`<details>
  <summary>What these words mean</summary>
  <dl>
    <dt>Mean reward in deviations</dt><dd>Rewards come in quote currency; divided by how much they usually vary (their deviation about zero), those of all presets compare: 1 is a usual win, −1 a usual loss.</dd>
    <dt>Policy version</dt><dd>Names the rule that chooses, with its settings; another one means that choices before and after do not compare.</dd>
    <dt>Share</dt><dd>How many of the last decisions this preset was served for.</dd>
    ${strategy === loopCheck ? html`<dt>${loopCheck}</dt><dd>No strategy of yours: the embedded loop asks and teaches under this name to see that answers come.</dd>` : null}
  </dl>
</details>`;

const Presets = ({ overview, ask }: { overview: Overview; ask: Ask }) => {
  const { strategy, instrument, pinned_preset: pinned } = overview;
  const where = { strategy, instrument };
  const now = useNow();
  const at = scaleOf(overview.presets);
  const here = `${strategy} on ${instrument}`;
  const pin = (preset: string | null): Question => ({
    title: preset === null ? `Unpin ${here}?` : `Pin ${preset} for ${here}?`,
    text:
      preset === null
        ? 'The policy chooses again.'
        : 'It is served whatever was learned, until it is unpinned.',
    action: preset === null ? 'Unpin' : 'Pin',
    reason: true,
    act: (reason) => post('/preset/pin', { ...where, preset_id: preset, reason }),
  });
  const killScope = (state: 'REDUCING' | 'HALTED'): Question => ({
    title: `${state === 'HALTED' ? 'Halt' : 'Only reduce'} ${here}?`,
    text: `Its answers say ${state} and serve the safe default until a person resumes it; others go on.`,
    action: state === 'HALTED' ? 'Halt' : 'Reduce only',
    danger: state === 'HALTED',
    reason: true,
    act: (reason) => post('/kill', { ...where, state, reason }),
  });
  return html`
    <div class="row"><span>Trading of this strategy on this instrument alone:</span>
      <button onClick=${() => ask(killScope('REDUCING'))}>Reduce only</button>
      <button class="danger" onClick=${() => ask(killScope('HALTED'))}>Halt</button></div>
    <p>Policy ${overview.policy_version ?? '–'}; ${overview.served ? html`<strong>${overview.served.preset_id}</strong> is held since ${age(overview.served.since, now)}, ${overview.served.changes_today} changes that day` : 'nothing is held'}${pinned ? html`; <strong class="warn">${pinned} is pinned</strong> <button onClick=${() => ask(pin(null))}>Unpin</button>` : null}</p>
    <div class="scroll" tabindex="0"><table>
      <caption>At the average context: posterior mean reward in deviations with 95 % interval; share of the last ${count(overview.decisions_shared)} decisions</caption>
      <thead><tr><th scope="col">Preset</th><th scope="col" class="number">Mean</th><th scope="col" class="number">95 % interval</th><th scope="col"><span class="dim">Around 0</span></th><th scope="col" class="number">Share</th><th scope="col" class="number">Outcomes</th><th scope="col" class="number">Cumulative reward</th><th scope="col"><span class="dim">Actions</span></th></tr></thead>
      <tbody>${overview.presets.map(
        (preset) => html`<tr key=${preset.preset_id}>
          <th scope="row">${preset.preset_id}${preset.preset_id === pinned ? html` <span class="badge warn">pinned</span>` : null}${preset.preset_id === overview.served?.preset_id ? html` <span class="badge good">held</span>` : null}</th><td class="number">${number(preset.mean)}</td>
          <td class="number">${number(preset.low)} … ${number(preset.high)}</td><td><${Interval} preset=${preset} at=${at} /></td><td class="number"><meter min="0" max="1" value=${preset.share} aria-label=${`share of ${preset.preset_id}`}></meter> ${percent(preset.share)}</td>
          <td class="number">${count(preset.outcomes)}</td><td class="number">${number(preset.reward, 2)}</td>
          <td><button onClick=${() => ask(pin(preset.preset_id))}>Pin</button> <button onClick=${() => ask({ title: `Retire ${preset.preset_id} of ${here}?`, text: 'It is not served any more; registering its parameters again brings it back with what it knew.', action: 'Retire', reason: true, act: (reason) => post('/preset/retire', { ...where, preset_id: preset.preset_id, reason }) })}>Retire</button></td>
        </tr>`,
      )}</tbody></table></div>
    <${Words} strategy=${strategy} />`;
};

const Decisions = ({ strategy, instrument }: Pick<Scope, 'strategy' | 'instrument'>) => {
  const where = `strategy=${encodeURIComponent(strategy)}&instrument=${encodeURIComponent(instrument)}`;
  const now = useNow();
  const decisions = useQuery<AnswerTo<'GET /decisions'>>(`/decisions?limit=25&${where}`, 5_000);
  return html`<h3>Last decisions</h3><${Answer} query=${decisions}>${({
    data,
  }: {
    data: readonly Decision[];
  }) =>
    data.length === 0
      ? html`<p class="empty">No decision yet: an engine asks with GET /param/${strategy}/${instrument}.</p>`
      : html`<div class="scroll" tabindex="0"><table>
        <thead><tr><th scope="col">When (UTC)</th><th scope="col">Served</th><th scope="col">Why</th><th scope="col" class="number">Propensity</th><th scope="col">State</th><th scope="col" class="number">Reward</th><th scope="col">Decision</th></tr></thead>
        <tbody>${data.map(
          (
            row,
          ) => html`<tr key=${row.decision_id}><td>${time(row.created_at)} <span class="dim">${age(row.created_at, now)}</span></td><td>${row.preset_id}${row.proposed_preset_id === row.preset_id ? '' : html` <span class="dim">instead of ${row.proposed_preset_id}</span>`}</td>
            <td>${row.reason}</td><td class="number">${percent(row.propensity)}</td><td>${row.state}</td><td class="number">${number(row.reward_sum, 2)}${row.outcome_count > 1 ? html` <span class="dim">of ${row.outcome_count}</span>` : ''}</td><td class="dim">${row.decision_id}</td></tr>`,
        )}</tbody></table></div>`}<//>`;
};

const nameOf = ({ strategy, instrument }: Scope): string => `${strategy}/${instrument}`;

/** What there is most to see of. The loop's check of itself is nobody's strategy. */
const mostLearned = (scopes: readonly Scope[]): Scope => {
  const weight = ({ strategy, outcomes }: Scope) => (strategy === loopCheck ? -1 : outcomes);
  return scopes.reduce((most, one) => (weight(one) > weight(most) ? one : most));
};

/** Presets, how they stand, and who holds what back. */
export const ParametersView = () => {
  const scopes = useQuery<AnswerTo<'GET /strategies'>>('/strategies', 10_000);
  const [asked, choose] = useState<string>();
  const all = scopes.value?.data ?? [];
  const names = all.map(nameOf);
  const first = all.length === 0 ? undefined : nameOf(mostLearned(all));
  // The first one stays: what learns meanwhile would take the page away from who reads it.
  useEffect(() => {
    if (asked === undefined && first !== undefined) choose(first);
  }, [first]);
  const chosen = asked ?? first;
  const scope = all[names.indexOf(chosen ?? '')];
  const path =
    scope && `/overview/${encodeURIComponent(scope.strategy)}/${encodeURIComponent(scope.instrument)}`;
  const overview = useQuery<AnswerTo<'GET /overview/{strategy}/{instrument}'>>(path, 5_000);
  const [acts, setActs] = useState(0);
  const { ask, shown } = useConfirm(() => {
    setActs((n) => n + 1);
    overview.reload();
  });
  return html`
    ${shown}
    <${Guardrails} ask=${ask} acts=${acts} />
    <section>
      <div class="toolbar"><h2>Presets</h2><label>Strategy and instrument${' '}<select value=${chosen} onChange=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>${names.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}</select></label></div>
      ${
        scope === undefined
          ? html`<${Answer} query=${scopes}>${() => html`<p class="empty">No engine has asked for parameters yet.</p>`}<//>`
          : html`<${Answer} query=${overview}>${({ data }: { data: Overview | null }) => (data ? html`<${Presets} overview=${data} ask=${ask} />` : html`<p class="empty">Nothing is stored of it.</p>`)}<//>
            <${Decisions} key=${chosen} strategy=${scope.strategy} instrument=${scope.instrument} />`
      }
    </section>`;
};
