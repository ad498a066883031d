/** What the gateway asks of the bandit controller; `controller/` gives it. Failures carry `code` (errors.ts). */
export interface ControllerPort {
  register(
    request: Scope & { readonly presetId: string; readonly params: Readonly<Record<string, unknown>> },
  ): unknown;
  /** Chooses a preset and stores the decision before it answers. Throws NoPresets where none is registered. */
  decide(request: Scope & DecideInput): ParamAnswer;
  learn(request: Scope & LearnInput): { readonly duplicate: boolean };
  presets(scope: Scope): readonly object[];
  decisions(page: RecordsPage): readonly object[];
  outcomes(page: RecordsPage): readonly object[];
}

export interface Scope {
  /** Lower case. */
  readonly strategy: string;
  /** Upper case without a slash: BTCUSDT. */
  readonly instrument: string;
}

export interface DecideInput {
  readonly features: Features;
  readonly positionId?: string;
  /** hmm_bull, hmm_bear, hmm_chop of the champion, where a model of the instrument serves. */
  readonly context?: Features;
}

export interface LearnInput {
  readonly presetId: string;
  /** Quote currency. */
  readonly reward: number;
  readonly features?: Features;
  readonly decisionId?: string;
  readonly outcomeId?: string;
}

export interface RecordsPage {
  readonly limit: number;
  readonly cursor?: string;
  readonly strategy?: string;
  readonly instrument?: string;
}

export type Features = Readonly<Record<string, number>>;

export interface ParamAnswer {
  readonly config_id: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly policy_version: string;
  readonly preset_id: string;
  readonly decision_id: string;
}
