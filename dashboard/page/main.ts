import { html, render } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import type { AnswerTo } from './answers.ts';
import { credential, useCredential as keepCredential } from './api.ts';
import { age } from './format.ts';
import { type LiveData, useLive, useNow, useQuery } from './hooks.ts';
import { Failure } from './parts.ts';
import { LedgerView } from './views/ledger.ts';
import { Market } from './views/market.ts';
import { ModelView } from './views/model.ts';
import { ParametersView } from './views/parameters.ts';
import { RunsView } from './views/runs.ts';

const views = {
  market: { title: 'Market', view: Market },
  model: { title: 'Model', view: ModelView },
  ledger: { title: 'Ledger', view: LedgerView },
  parameters: { title: 'Parameters', view: ParametersView },
  runs: { title: 'Runs', view: RunsView },
} as const;

type Name = keyof typeof views;

const isName = (text: string): text is Name => Object.hasOwn(views, text);

const nameInUrl = (): Name => {
  const name = location.hash.slice(1);
  return isName(name) ? name : 'market';
};

const useName = (): Name => {
  const [name, setName] = useState(nameInUrl());
  useEffect(() => {
    const follow = (): void => setName(nameInUrl());
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return name;
};

const Status = ({ live }: { live: LiveData }) => {
  const now = useNow();
  const model = live.topics['model']?.value as
    | { version_id: string | null; problem: string | null }
    | undefined;
  return html`<div class="status" role="status">
    <span>${model?.version_id ? html`serves <strong>${model.version_id}</strong>` : 'no model serves yet'}</span>
    ${model?.problem ? html`<span class="bad">${model.problem}</span>` : null}
    <span class=${live.connected ? 'good' : 'bad'}>${live.connected ? 'live' : 'connection lost, trying again'}</span>
    <span>heard ${age(live.heardMs, now)}</span>
  </div>`;
};

/** What smells, before anything else. */
const Problems = () => {
  const health = useQuery<AnswerTo<'GET /health'>>('/health', 10_000);
  const now = useNow();
  const problems = health.value?.problems ?? [];
  if (problems.length === 0) return html`<${Failure} query=${health} what="Health" />`;
  return html`<section aria-label="Problems"><h2>Problems</h2><${Failure} query=${health} what="Health" /><ul>${problems.map(
    ({ kind, severity, subject, message }) =>
      html`<li key=${kind + subject}><strong class=${severity === 'critical' ? 'bad' : 'warn'}>${kind}</strong> ${subject}: ${message}</li>`,
  )}</ul><p class="dim">as of ${age(health.atMs, now)}</p></section>`;
};

/** With REQUIRE_AUTH on: a key for this tab. */
const Login = () => {
  const [key, setKey] = useState(credential());
  const keep = (event: Event): void => {
    event.preventDefault();
    keepCredential(key);
    location.reload();
  };
  return html`<section><h2>A key is needed</h2>
    <form class="toolbar" onSubmit=${keep}>
      <label>API key or token${' '}<input type="password" autocomplete="off" value=${key} onInput=${(event: InputEvent) => setKey((event.target as HTMLInputElement).value)} /></label>
      <button class="primary" type="submit">Use it</button>
    </form>
    <p class="dim">It is kept for this tab only. Reading needs the role reader; promote, rollback and resume need admin.</p></section>`;
};

const App = () => {
  const name = useName();
  const live = useLive();
  const probe = useQuery<unknown>('/model', 30_000);
  const { title, view } = views[name];
  useEffect(() => {
    document.title = `${title} · Autotrain`;
  }, [title]);
  return html`
    <a class="skip" href="#content" onClick=${(event: Event) => {
      event.preventDefault();
      document.getElementById('content')?.focus();
    }}>Skip to content</a>
    <header>
      <h1>Autotrain</h1>
      <nav aria-label="Views"><ul>${Object.entries(views).map(
        ([key, one]) =>
          html`<li key=${key}><a href=${`#${key}`} aria-current=${key === name ? 'page' : undefined}>${one.title}</a></li>`,
      )}<li><a href="/docs">API</a></li></ul></nav>
      <${Status} live=${live} />
    </header>
    <main id="content" tabindex="-1"><${Problems} />${probe.locked ? html`<${Login} />` : html`<${view} key=${name} live=${live} />`}</main>
  `;
};

const place = document.getElementById('app')!;
place.textContent = '';
render(html`<${App} />`, place);
