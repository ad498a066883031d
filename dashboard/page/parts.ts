import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { age } from './format.ts';
import { type Query, useNow } from './hooks.ts';

/** What failed, and whether what is still shown came before. */
export const Failure = <T>({ query, what }: { query: Query<T>; what?: string }) =>
  query.error === undefined
    ? null
    : html`<p class="error" role="alert">${what ? `${what}: ` : ''}${query.error}${query.value === undefined ? '' : ' – what is shown is older'}</p>`;

/** What a query says before its content: nothing yet, an error, or how old the answer is. */
export const Answer = <T>({
  query,
  children,
  empty,
}: {
  query: Query<T>;
  children: (value: T) => ComponentChildren;
  empty?: string;
}) => {
  const now = useNow();
  return html`
    <${Failure} query=${query} />
    ${query.value === undefined ? (query.error ? null : html`<p class="empty">${empty ?? 'Loading …'}</p>`) : children(query.value)}
    ${query.atMs === undefined ? null : html`<p class="dim">as of ${age(query.atMs, now)}</p>`}
  `;
};

export interface Question {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly danger?: boolean;
  /** Asked for and given to `act`. */
  readonly reason?: boolean;
  act(reason: string): Promise<unknown>;
}

/**
 * Asks before it acts; the gateway's refusal is shown where the question was. While it acts there is nothing to cancel,
 * and it stays open: a browser closes a dialog by itself at the second Escape.
 */
export const Confirm = ({ question, close }: { question: Question; close: (acted: boolean) => void }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [state, setState] = useState<{ busy: boolean; error?: string }>({ busy: false });
  useEffect(() => dialog.current?.showModal(), []);
  const act = async (event: Event): Promise<void> => {
    event.preventDefault();
    setState({ busy: true });
    try {
      await question.act(reason);
      close(true);
    } catch (error) {
      const message = (error as Error).message;
      // Who went to another view meanwhile must hear of it all the same.
      if (dialog.current) setState({ busy: false, error: message });
      else window.alert(`${question.title} ${message}`);
    }
  };
  const stayWhileBusy = (event: Event): void => {
    if (state.busy) event.preventDefault();
  };
  return html`
    <dialog ref=${dialog} aria-labelledby="confirm-title" onCancel=${stayWhileBusy} onClose=${() => (state.busy ? dialog.current?.showModal() : close(false))}>
      <form onSubmit=${act}>
        <h2 id="confirm-title">${question.title}</h2>
        <p>${question.text}</p>
        ${
          question.reason
            ? html`<label>Reason (goes to the audit log)<br /><input required maxlength="500" value=${reason} onInput=${(event: InputEvent) => setReason((event.target as HTMLInputElement).value)} /></label>`
            : null
        }
        ${state.error ? html`<p class="error" role="alert">${state.error}</p>` : null}
        <div class="toolbar">
          <button type="submit" class=${question.danger ? 'danger' : 'primary'} disabled=${state.busy}>${question.action}</button>
          <button type="button" disabled=${state.busy} onClick=${() => close(false)}>Cancel</button>
        </div>
      </form>
    </dialog>
  `;
};

/** A question at a time, and what to do after it was answered with yes. */
export const useConfirm = (after: () => void) => {
  const [question, ask] = useState<Question>();
  const shown = question
    ? html`<${Confirm}
        key=${question.title}
        question=${question}
        close=${(acted: boolean) => {
          ask(undefined);
          if (acted) after();
        }}
      />`
    : null;
  return { ask, shown };
};
