import { html } from 'htm/preact';
import type { AnswerTo } from '../answers.ts';
import { post } from '../api.ts';
import { age, ahead, count, duration, time } from '../format.ts';
import { useNow, useQuery } from '../hooks.ts';
import { Answer, useConfirm } from '../parts.ts';

type Run = AnswerTo<'GET /workflows'>['data'][number];
type Schedule = AnswerTo<'GET /schedules'>['data'][number];
type Progress = Run['progress'][number];

const tone = (status: string): string => {
  if (status === 'COMPLETED' || status === 'RUNNING') return 'good';
  return status === 'CONTINUED_AS_NEW' ? 'dim' : 'bad';
};

/** How far the training of a series is; a bar where its length is known. */
const Training = ({ what, phase, done, of }: Progress) => html`<div class="dim">
  ${what}${phase === null ? null : `: ${phase}`}
  ${
    done === null || of === null
      ? null
      : html` <progress max=${of} value=${done} aria-label=${`${phase} of ${what}`}></progress> ${count(done)} of ${count(of)}`
  }
</div>`;

const Runs = ({ runs }: { runs: readonly Run[] }) => {
  const now = useNow();
  if (runs.length === 0) return html`<p class="empty">Nothing ran in the last day.</p>`;
  return html`<div class="scroll" tabindex="0"><table>
    <caption>Attempts: the most that any step needed; of a run that goes on, those of the step at hand</caption>
    <thead><tr><th scope="col">Run</th><th scope="col">State</th><th scope="col">Started (UTC)</th><th scope="col" class="number">Took</th><th scope="col" class="number">Attempts</th></tr></thead>
    <tbody>${runs.map(
      (run) => html`<tr key=${run.runId}>
        <td>${run.url ? html`<a href=${run.url} target="_blank" rel="noreferrer">${run.id}</a>` : run.id}</td>
        <td class=${tone(run.status)}>${run.status.toLowerCase()}${run.status === 'RUNNING' && run.stage ? html` <span class="dim">${run.stage}</span>` : null}${run.progress.map((one) => html`<${Training} key=${one.what} ...${one} />`)}</td>
        <td>${time(run.startedAt)} <span class="dim">${age(run.startedAt, now)}</span></td>
        <td class="number">${run.ms === null ? duration(now - run.startedAt) : run.ms < 2_000 ? `${run.ms} ms` : duration(run.ms)}</td>
        <td class="number">${run.attempts ?? '–'}</td>
      </tr>`,
    )}</tbody></table></div>`;
};

const act = (id: string, action: string, reason: string) =>
  post(`/schedules/${encodeURIComponent(id)}/${action}`, { reason });

/** Workflows of the last day and the schedules that start them. */
export const RunsView = () => {
  const now = useNow();
  const runs = useQuery<AnswerTo<'GET /workflows'>>('/workflows', 5_000);
  const schedules = useQuery<AnswerTo<'GET /schedules'>>('/schedules', 10_000);
  const { ask, shown } = useConfirm(() => {
    runs.reload();
    schedules.reload();
  });
  const button = (label: string, action: string, id: string) => html`<button
    onClick=${() => ask({ title: `${label} ${id}?`, text: 'It is done in Temporal at once.', action: label, reason: true, act: (reason) => act(id, action, reason) })}
  >${label}</button> `;
  return html`
    ${shown}
    <section>
      <h2>Schedules</h2>
      <${Answer} query=${schedules}>
        ${({ data }: { data: readonly Schedule[] }) =>
          data.length === 0
            ? html`<p class="empty">No schedules: a worker applies them when it starts.</p>`
            : html`<div class="scroll" tabindex="0"><table>
              <thead><tr><th scope="col">Schedule</th><th scope="col">Next (UTC)</th><th scope="col"><span class="dim">Actions</span></th><th scope="col">State</th></tr></thead>
              <tbody>${data.map(
                (one) => html`<tr key=${one.id}>
                  <td>${one.id}</td><td>${one.paused ? html`<span class="dim">when resumed</span>` : html`${time(one.nextMs)} <span class="dim">${ahead(one.nextMs, now)}</span>`}</td>
                  <td><div class="acts">${one.paused ? button('Resume', 'unpause', one.id) : button('Pause', 'pause', one.id)}${button('Trigger now', 'trigger', one.id)}</div></td>
                  <td class="wrap"><strong class=${one.paused ? 'warn' : 'good'}>${one.paused ? 'paused' : 'on'}</strong> <span class="dim">${one.note ?? ''}</span></td>
                </tr>`,
              )}</tbody></table></div>`}
      <//>
    </section>
    <section>
      <h2>Runs</h2>
      <${Answer} query=${runs}>${({ data }: { data: readonly Run[] }) => html`
        <${Runs} runs=${data.filter(({ routine }) => !routine)} />
        <details><summary>Ticks, ingests and housekeeping: the newest</summary><${Runs} runs=${data.filter(({ routine }) => routine)} /></details>
      `}<//>
    </section>
  `;
};
