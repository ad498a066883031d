import { html } from 'htm/preact';
import type { VersionRow } from '../answers.ts';
import { post } from '../api.ts';
import { age, count, number, time } from '../format.ts';
import { useNow } from '../hooks.ts';
import type { Question } from '../parts.ts';

const metricOf = ({ metrics }: VersionRow): string => {
  const [name, value] = Object.entries(metrics)[0] ?? [];
  return name === undefined ? '–' : `${name} ${number(value, 4)} nats/candle`;
};

/** 128 random bits. `crypto.randomUUID` is there on https and localhost only, and gateways are opened by other names. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

/** One key for one question: a second click asks for the same decision. */
export const decide = (path: string, body: object): Question['act'] => {
  const key = newKey();
  return () => post(path, body, key);
};

const GateBadge = ({ gates }: VersionRow) => {
  const all = Object.values(gates);
  const passed = all.filter((decision) => decision === 'pass').length;
  if (all.length === 0) return null;
  return html`<span class=${`badge ${passed > 0 ? 'good' : 'warn'}`}>gate: ${passed} of ${all.length} passed</span>`;
};

const promote = (id: string): Question => ({
  title: `Promote ${id}?`,
  text: 'It serves from the next request on, whatever its gate said. The decision is audited under your name.',
  action: 'Promote',
  act: decide('/model/promote', { version_id: id }),
});

const approve = (id: string): Question => ({
  title: `Approve ${id}?`,
  text: 'Only a version that waits for an approval can be approved.',
  action: 'Approve',
  act: decide('/model/approve', { version_id: id }),
});

type Serves = string | null | undefined;

/** An approval holds under the champion that the version was judged against. */
const canBeApproved = (version: VersionRow, serves: Serves): boolean =>
  version.awaiting_approval === true && (serves === null || serves === version.parent_version_id);

/** Those after the champion in time are candidates, but for what served already. */
const labelOf = (version: VersionRow, serves: Serves, isNewer: boolean, nowMs: number) => {
  if (version.pruned_at !== null) return 'pruned';
  if (canBeApproved(version, serves)) return 'waits for approval';
  if (version.awaiting_approval)
    return 'waits, but was judged against another champion: promote it or retrain';
  if (version.rolled_back_at !== null) return `rolled back ${age(version.rolled_back_at, nowMs)}`;
  return isNewer ? 'candidate' : 'earlier';
};

export interface VersionsProps {
  readonly versions: readonly VersionRow[];
  /** Null: nothing. Undefined: not told yet. */
  readonly serves: Serves;
  /** Its row, also when it is not among `versions`. */
  readonly champion: VersionRow | undefined;
  readonly chosen: string | undefined;
  readonly choose: (id: string) => void;
  readonly ask: (question: Question) => void;
}

/** Champion and candidates along their lineage, newest first; a champion that is on another page stands above them. */
export const Versions = ({ versions, serves, champion, chosen, choose, ask }: VersionsProps) => {
  const now = useNow();
  const pick = (id: string) => (event: Event) => {
    event.preventDefault();
    choose(id);
  };
  const rows = champion && !versions.some(({ active }) => active) ? [champion, ...versions] : versions;
  return html`<ol class="timeline">${rows.map((version) => {
    // What was trained after the champion; without one, everything.
    const isNewer = champion === undefined || version.created_at > champion.created_at;
    const { version_id: id, active, tag, parent_version_id: parent } = version;
    return html`<li key=${id} class=${active ? 'active' : ''}>
      <div>
        ${version.pruned_at === null ? html`<a href="#model" aria-current=${id === chosen ? 'true' : undefined} onClick=${pick(id)}>${id}</a>` : id}
        ${active ? html` <span class="badge good">champion, serves</span>` : html` <span class=${`badge ${version.awaiting_approval ? 'warn' : ''}`}>${labelOf(version, serves, isNewer, now)}</span>`} <${GateBadge} ...${version} />${tag ? html` <span class="badge">${tag}</span>` : null}
        <div class="dim"><time title=${`${time(version.created_at)} UTC`}>${age(version.created_at, now)}</time> · ${version.n_states} states · ${count(version.n_obs)} rows · ${metricOf(version)}${parent ? ` · follows ${parent}` : ' · first of its lineage'}</div>
      </div>
      ${active || version.pruned_at !== null ? null : html`<div class="acts"><button onClick=${() => ask(promote(id))}>Promote</button>${canBeApproved(version, serves) ? html`<button onClick=${() => ask(approve(id))}>Approve</button>` : null}</div>`}
    </li>`;
  })}</ol>`;
};
