import { html } from 'htm/preact';
import type { TrainingState } from '../answers.ts';
import { post } from '../api.ts';
import { age, ahead, time } from '../format.ts';
import { useNow } from '../hooks.ts';
import type { Question } from '../parts.ts';

const kill: Question = {
  title: 'Stop the training loop?',
  text: 'Nothing is trained, promoted or rolled back until a person resumes it; what serves goes on serving.',
  action: 'Kill training',
  danger: true,
  reason: true,
  act: (reason) => post('/kill', { scope: 'training', reason }),
};

const resume: Question = {
  title: 'Resume the training loop?',
  text: 'Retrains and promotions go on at once, a version that was pinned meanwhile is let go.',
  action: 'Resume training',
  reason: true,
  act: (reason) => post('/resume', { scope: 'training', reason }),
};

/** Whether models are trained and promoted; who stopped it, since when and why. */
export const TrainingLoop = ({
  training,
  ask,
}: {
  training: TrainingState;
  ask: (question: Question) => void;
}) => {
  const now = useNow();
  const { state, since_ms: since, actor, reason, pinned_version: pinned } = training;
  const held = training.promotions_held_until_ms;
  const button = state === 'ACTIVE' ? kill : resume;
  return html`<div class="state">
    <p><strong class=${state === 'ACTIVE' ? 'good' : 'bad'}>Training loop: ${state}</strong>${
      state === 'KILLED'
        ? html` since ${age(since, now)}, by ${actor}, until a person resumes it: ${reason}${pinned ? html`; <strong>${pinned}</strong> is pinned` : null}`
        : null
    }${held ? html`<br /><span class="warn">Nothing is promoted by itself until ${time(held)} UTC (${ahead(held, now)}), after a rollback.</span>` : null}</p>
    <button class=${button.danger ? 'danger' : ''} onClick=${() => ask(button)}>${button.action}</button>
  </div>`;
};
