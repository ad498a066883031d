// Written by `npm run docs:generate` from the gateway’s OpenAPI document: do not edit.

export interface Operations {
  /** The process lives; what it serves. */
  'GET /health': {
    answer: {
      status: 'ok';
      series: readonly string[];
      model: {
        version_id: string | null;
        loaded_at_ms: number | null;
        problem: {
          [name: string]: unknown;
        } | null;
      };
      training: {
        state: string;
        [name: string]: unknown;
      } | null;
      problems: readonly {
        kind: string;
        severity: string;
        message: string;
        [name: string]: unknown;
      }[];
      strategy_schemas: {
        problem: string | null;
      };
    };
  };
  /** 503 until databases and a model are there. */
  'GET /ready': {
    answer: {
      status: 'ready';
      temporal: boolean;
    };
  };
  /** Store the next chunk of each series, or with until=now all there is. */
  'POST /ingest_once': {
    query?: {
      wait?: '0' | '1' | 'true' | 'false' | undefined;
      until?: 'chunk' | 'now' | undefined;
    };
    answer: {
      downloaded: number;
      series: readonly {
        series: string;
        downloaded: number;
        watermark: number;
        [name: string]: unknown;
      }[];
      workflow_ids: readonly string[];
    };
  };
  /** Retrain now, or join the running retrain. */
  'POST /train': {
    query?: {
      wait?: '0' | '1' | 'true' | 'false' | undefined;
    };
    body?: {
      n_states?: number | null | undefined;
      tag?: string | null | undefined;
      promote?: boolean | null | undefined;
    };
    answer: {
      version_id: string;
      metric_name: string;
      metric_value: number | null;
      promoted: boolean;
      message: string;
      metadata: {
        claimed_files: number;
        [name: string]: unknown;
      };
      workflow_id: string;
    } | {
      workflow_id: string;
      [name: string]: unknown;
    };
  };
  /** What serves. */
  'GET /model': {
    answer: {
      active_version: string | null;
      registry_size: number;
      metrics: {
        [name: string]: number | null;
      };
    };
  };
  /** Versions, newest first. */
  'GET /models': {
    query?: {
      limit?: number | undefined;
      cursor?: number | null | undefined;
    };
    answer: {
      data: readonly {
        version_id: string;
        created_at: number;
        metrics: {
          [name: string]: number | null;
        };
        active: boolean;
        parent_version_id: string | null;
        n_states: number;
        n_obs: number;
        series: readonly string[];
        gates: {
          [name: string]: string;
        };
        pruned_at: number | null;
        tag: string | null;
      }[];
      page: {
        nextCursor: string | null;
        limit: number;
      };
    };
  };
  /** The whole report of a version. */
  'GET /models/{version}': {
    params: {
      version: string;
    };
    answer: {
      [name: string]: unknown;
    };
  };
  /** Decide: promote this version. */
  'POST /model/promote': {
    body: {
      version_id: string;
    };
    /** The same request under the same name is done once. */
    idempotencyKey?: string | undefined;
    answer: {
      [name: string]: unknown;
    };
  };
  /** Decide: approve this version. */
  'POST /model/approve': {
    body: {
      version_id: string;
    };
    /** The same request under the same name is done once. */
    idempotencyKey?: string | undefined;
    answer: {
      [name: string]: unknown;
    };
  };
  /** Serve the predecessor again, or the version named. */
  'POST /model/rollback': {
    body?: {
      to?: string | null | undefined;
    };
    /** The same request under the same name is done once. */
    idempotencyKey?: string | undefined;
    answer: {
      [name: string]: unknown;
    };
  };
  /** Filtered regime probabilities: of the newest stored candles, or of what the body gives. */
  'POST /predict': {
    body?: {
      symbol?: string | null | undefined;
      candles?: readonly (readonly [number, number | string, number | string, number | string, number | string, number | string] | {
        timestamp: number;
        open: number | string;
        high: number | string;
        low: number | string;
        close: number | string;
        volume: number | string;
      })[] | null | undefined;
      logret?: readonly number[] | null | undefined;
      features?: {
        [name: string]: number;
      } | null | undefined;
    };
    answer: {
      regime_proba: {
        [name: string]: number;
      };
      probs: {
        [name: string]: number;
      };
      regime: string;
      confidence: number;
      forecast: {
        [name: string]: number;
      };
      model_meta: {
        version_id: string;
        series: string;
        n_states: number;
        as_of_ms: number | null;
        trained_to_ms: number;
        features_used: readonly string[];
        features_marginalised: readonly string[];
        features_ignored: readonly string[];
        [name: string]: unknown;
      };
    };
  };
  /** Add a preset, or give one new parameters. */
  'POST /preset/register/{strategy}/{instrument}': {
    params: {
      strategy: string;
      instrument: string;
    };
    body?: {
      preset_id?: unknown;
      params?: unknown;
    };
    answer: {
      ok: true;
      [name: string]: unknown;
    };
  };
  /** The presets of a strategy on an instrument. */
  'GET /presets/{strategy}/{instrument}': {
    params: {
      strategy: string;
      instrument: string;
    };
    answer: {
      data: readonly {
        preset_id: string;
        params: {
          [name: string]: unknown;
        };
        source: string;
        outcomes: number;
        mean_reward: number | null;
        created_at: number;
        [name: string]: unknown;
      }[];
    };
  };
  /** Takes a preset out; registering its parameters again brings it back. */
  'POST /preset/retire': {
    body: {
      strategy: string;
      instrument: string;
      preset_id: string;
      reason: string;
    };
    answer: {
      ok: true;
    };
  };
  /** Serves one preset whatever was learned, until it is unpinned with null. */
  'POST /preset/pin': {
    body: {
      strategy: string;
      instrument: string;
      preset_id: string | null;
      reason: string;
    };
    answer: {
      ok: true;
    };
  };
  /** Parameters for new positions; writes a decision. */
  'GET /param/{strategy}/{instrument}': {
    params: {
      strategy: string;
      instrument: string;
    };
    query?: {
      position_id?: string | undefined;
      [name: `features[${string}]`]: string | number | undefined;
    };
    answer: {
      config_id: string;
      params: {
        [name: string]: unknown;
      };
      policy_version: string;
      preset_id: string;
      decision_id: string;
      features_used: readonly string[];
      features_missing: readonly string[];
      features_ignored: readonly string[];
      applies_to: string;
      proposed_preset_id: string;
      reason: string;
      propensity: number | null;
      trading_state: 'ACTIVE' | 'REDUCING' | 'HALTED';
      [name: string]: unknown;
    };
  };
  /** The same with the features in a JSON body. */
  'POST /param/{strategy}/{instrument}': {
    params: {
      strategy: string;
      instrument: string;
    };
    body?: {
      features?: {
        [name: string]: number;
      } | null | undefined;
      position_id?: string | null | undefined;
    };
    /** The same request under the same name is done once. */
    idempotencyKey?: string | undefined;
    answer: {
      config_id: string;
      params: {
        [name: string]: unknown;
      };
      policy_version: string;
      preset_id: string;
      decision_id: string;
      features_used: readonly string[];
      features_missing: readonly string[];
      features_ignored: readonly string[];
      applies_to: string;
      proposed_preset_id: string;
      reason: string;
      propensity: number | null;
      trading_state: 'ACTIVE' | 'REDUCING' | 'HALTED';
      [name: string]: unknown;
    };
  };
  /** The position is closed: its id gets new parameters from now on. */
  'POST /positions/{position_id}/close': {
    params: {
      position_id: string;
    };
    answer: {
      ok: true;
    };
  };
  /** Nothing was done with this decision: it earns nothing. */
  'POST /decisions/{decision_id}/void': {
    params: {
      decision_id: string;
    };
    body: {
      reason: string;
    };
    answer: {
      ok: true;
    };
  };
  /** A realised reward; with an outcome_id it counts once however often it is sent. */
  'POST /learn/outcome/{strategy}/{instrument}/{preset_id}': {
    params: {
      strategy: string;
      instrument: string;
      preset_id: string;
    };
    body: {
      reward: number;
      features?: {
        [name: string]: number;
      } | null | undefined;
      decision_id?: string | null | undefined;
      config_id?: string | null | undefined;
      outcome_id?: string | null | undefined;
    };
    /** The same request under the same name is done once. */
    idempotencyKey?: string | undefined;
    answer: {
      ok: true;
      duplicate: boolean;
    };
  };
  /** Takes an outcome back; a corrected one comes under another id. */
  'POST /outcomes/{outcome_id}/reverse': {
    params: {
      outcome_id: string;
    };
    body: {
      reason: string;
    };
    answer: {
      ok: true;
      duplicate: boolean;
    };
  };
  /** Stops trading, or the training loop, until a person resumes it. */
  'POST /kill': {
    body: {
      strategy?: string | undefined;
      instrument?: string | undefined;
      scope?: 'trading' | 'training' | undefined;
      state?: 'HALTED' | 'REDUCING' | undefined;
      reason: string;
      pin?: string | null | undefined;
    };
    answer: {
      [name: string]: unknown;
    };
  };
  /** Re-arms what was killed. */
  'POST /resume': {
    body: {
      strategy?: string | undefined;
      instrument?: string | undefined;
      scope?: 'trading' | 'training' | undefined;
      reason: string;
    };
    answer: {
      [name: string]: unknown;
    };
  };
  /** Lifts a protection before its time. */
  'POST /unlock': {
    body: {
      lock_id: number;
      reason: string;
    };
    answer: {
      [name: string]: unknown;
    };
  };
  /** Reports equity; drawdown from its peak may lock or kill. */
  'POST /equity': {
    body: {
      strategy?: string | undefined;
      instrument?: string | undefined;
      equity: number;
      currency: string;
    };
    answer: {
      [name: string]: unknown;
    };
  };
  /** Trading states, open locks, equities and drawdowns, and the training loop. */
  'GET /guardrails': {
    answer: {
      [name: string]: unknown;
    };
  };
  /** Who changed what serves, why and until when, newest first. */
  'GET /audit': {
    query?: {
      limit?: number | undefined;
      cursor?: string | undefined;
    };
    answer: {
      data: readonly {
        seq: number;
        [name: string]: unknown;
      }[];
      page: {
        nextCursor: string | null;
        limit: number;
      };
    };
  };
  /** Off-policy value of each preset (IPS, SNIPS, DM, DR) with intervals; which may be retired. */
  'GET /evaluation': {
    query: {
      strategy: string;
      instrument: string;
      days?: number | undefined;
      to?: number | undefined;
    };
    answer: {
      [name: string]: unknown;
    };
  };
  /** Raises epsilon for some hours, so that presets can be judged. */
  'POST /evaluation/window/{strategy}/{instrument}': {
    params: {
      strategy: string;
      instrument: string;
    };
    body: {
      epsilon?: number | undefined;
      hours?: number | undefined;
      reason: string;
    };
    answer: {
      [name: string]: unknown;
    };
  };
  /** Stored decisions, newest first. */
  'GET /decisions': {
    query?: {
      limit?: number | undefined;
      cursor?: string | undefined;
      strategy?: string | undefined;
      instrument?: string | undefined;
    };
    answer: {
      data: readonly {
        seq: number;
        strategy: string;
        instrument: string;
        preset_id: string;
        decision_id: string;
        proposed_preset_id: string;
        params: {
          [name: string]: unknown;
        };
        state: string;
        reason: string;
        forced_by: string | null;
        propensity: number | null;
        propensities: {
          [name: string]: number;
        };
        features: {
          [name: string]: number;
        };
        model_version: string | null;
        position_id: string | null;
        created_at: number;
        [name: string]: unknown;
      }[];
      page: {
        nextCursor: string | null;
        limit: number;
      };
    };
  };
  /** Stored outcomes, newest first. */
  'GET /outcomes': {
    query?: {
      limit?: number | undefined;
      cursor?: string | undefined;
      strategy?: string | undefined;
      instrument?: string | undefined;
    };
    answer: {
      data: readonly {
        seq: number;
        strategy: string;
        instrument: string;
        preset_id: string;
        decision_id: string | null;
        outcome_id: string | null;
        attribution: string;
        raw_reward: number;
        reward: number;
        learned: boolean;
        features: {
          [name: string]: number;
        };
        created_at: number;
        [name: string]: unknown;
      }[];
      page: {
        nextCursor: string | null;
        limit: number;
      };
    };
  };
  /** One decision: odds, policy, model version, outcomes. */
  'GET /decisions/{decision_id}': {
    params: {
      decision_id: string;
    };
    answer: {
      seq: number;
      strategy: string;
      instrument: string;
      preset_id: string;
      decision_id: string;
      proposed_preset_id: string;
      params: {
        [name: string]: unknown;
      };
      state: string;
      reason: string;
      forced_by: string | null;
      propensity: number | null;
      propensities: {
        [name: string]: number;
      };
      features: {
        [name: string]: number;
      };
      model_version: string | null;
      position_id: string | null;
      created_at: number;
      outcomes: readonly {
        seq: number;
        strategy: string;
        instrument: string;
        preset_id: string;
        decision_id: string | null;
        outcome_id: string | null;
        attribution: string;
        raw_reward: number;
        reward: number;
        learned: boolean;
        features: {
          [name: string]: number;
        };
        created_at: number;
        [name: string]: unknown;
      }[];
      [name: string]: unknown;
    };
  };
  /** Alerts and whether they were delivered, newest first. */
  'GET /alerts': {
    query?: {
      limit?: number | undefined;
      cursor?: number | null | undefined;
    };
    answer: {
      data: readonly {
        seq: number;
        [name: string]: unknown;
      }[];
      page: {
        nextCursor: string | null;
        limit: number;
      };
    };
  };
  /** Files by status; bars, watermark and newest gaps of each series; quarantine; disks. */
  'GET /ledger': {
    answer: {
      files: {
        [name: string]: number;
      };
      series: readonly {
        series: string;
        bars: number;
        watermark: number;
        updated_at: number;
        lag_candles: number | null;
        gap_count: number;
        missing: number;
        gaps: readonly {
          fromMs: number;
          toMs: number;
          missing: number;
          state: string;
        }[];
      }[];
      quarantined: readonly {
        [name: string]: unknown;
      }[];
      disks: readonly {
        root: string;
        free_bytes: number;
        total_bytes: number;
      }[];
    };
  };
  /** Candles that the exchange did not have: state (open, outage, filled), attempts, next retry; newest first. */
  'GET /ledger/gaps': {
    query?: {
      series?: string | undefined;
      limit?: number | undefined;
    };
    answer: {
      data: readonly {
        series: string;
        fromMs: number;
        toMs: number;
        missing: number;
        state: string;
        [name: string]: unknown;
      }[];
    };
  };
  /** Candles that the exchange rewrote, removed or gave late, newest first, with the copy before. */
  'GET /ledger/corrections': {
    query?: {
      series?: string | undefined;
      limit?: number | undefined;
    };
    answer: {
      [name: string]: unknown;
    };
  };
  /** Open time of the next candle to ask for; lag_candles: closed ones that are not stored. */
  'GET /watermarks': {
    answer: {
      data: readonly {
        name: string;
        series: string;
        value: number;
        updated_at: number;
        lag_candles: number | null;
      }[];
    };
  };
  /** Recent workflow runs. */
  'GET /workflows': {
    answer: {
      data: readonly {
        id: string;
        runId: string;
        type: string;
        status: string;
        startedAt: number;
        ms: number | null;
        stage: string | null;
        attempts: number | null;
        progress: readonly {
          what: string;
          phase: string | null;
          done: number | null;
          of: number | null;
        }[];
        url: string | null;
      }[];
    };
  };
  /** Schedules and their next runs. */
  'GET /schedules': {
    answer: {
      data: readonly {
        id: string;
        paused: boolean;
        note?: string | undefined;
        nextMs: number | null;
        [name: string]: unknown;
      }[];
    };
  };
  /** Pauses or resumes a schedule, or runs it now unless it runs already. */
  'POST /schedules/{id}/{action}': {
    params: {
      id: string;
      action: 'pause' | 'unpause' | 'trigger';
    };
    body: {
      reason: string;
    };
    answer: {
      [name: string]: unknown;
    };
  };
  /** Transition matrix and expected stay of each regime, by series. */
  'GET /models/{version}/transitions': {
    params: {
      version: string;
    };
    answer: {
      [name: string]: unknown;
    };
  };
  /** Promotions and rollbacks, newest first. */
  'GET /promotions': {
    query?: {
      limit?: number | undefined;
    };
    answer: {
      data: readonly {
        fence: number;
        version_id: string;
        kind: string;
        previous_version_id: string | null;
        actor: string;
        reason: string;
        created_at: number;
      }[];
    };
  };
  /** Strategies and instruments that were asked for. */
  'GET /strategies': {
    answer: {
      data: readonly {
        strategy: string;
        instrument: string;
        outcomes: number;
        pinned_preset: string | null;
      }[];
    };
  };
  /** Posterior mean and interval, share of decisions and reward of each preset. */
  'GET /overview/{strategy}/{instrument}': {
    params: {
      strategy: string;
      instrument: string;
    };
    answer: {
      data: {
        strategy: string;
        instrument: string;
        policy_version: string | null;
        pinned_preset: string | null;
        presets: readonly {
          preset_id: string;
          mean: number;
          low: number;
          high: number;
          outcomes: number;
          reward: number;
          share: number;
          [name: string]: unknown;
        }[];
        [name: string]: unknown;
      } | null;
    };
  };
  /** Candles of a series with the regime of each, newest page first. */
  'GET /chart': {
    query?: {
      series?: string | undefined;
      before?: number | null | undefined;
      limit?: number | undefined;
    };
    answer: {
      series: string;
      timeframe_ms: number;
      candles: readonly (readonly number[])[];
      regimes: readonly string[];
      probabilities: readonly (readonly number[])[];
      forecast: readonly (readonly number[])[];
      next_before: number | null;
    };
  };
  /** Files by status whenever they changed, since this gateway started: the newest, ascending. */
  'GET /ledger/history': {
    query?: {
      limit?: number | undefined;
    };
    answer: {
      data: readonly {
        [name: string]: unknown;
      }[];
    };
  };
  /** Prometheus metrics. */
  'GET /metrics': {
    answer: string;
  };
  /** Decrypts payloads of Temporal: the codec endpoint of its Web UI is this gateway's address + /codec. */
  'POST /codec/decode': {
    body: {
      payloads: readonly {
        metadata?: {
          [name: string]: string;
        } | null | undefined;
        data?: string | null | undefined;
        [name: string]: unknown;
      }[];
    };
    answer: {
      payloads: readonly {
        metadata?: {
          [name: string]: string;
        } | null | undefined;
        data?: string | null | undefined;
        [name: string]: unknown;
      }[];
    };
  };
  /** This document. */
  'GET /openapi.json': {
    answer: {
      [name: string]: unknown;
    };
  };
}

export type RefusalCode =
  | 'BodyTooLarge'
  | 'ChampionChanged'
  | 'Conflict'
  | 'ExchangeBadAnswer'
  | 'ExchangeUnavailable'
  | 'Fenced'
  | 'Forbidden'
  | 'ForeignOrigin'
  | 'Internal'
  | 'Invalid'
  | 'InvalidData'
  | 'LineageFixed'
  | 'MalformedJson'
  | 'MethodNotAllowed'
  | 'NoCandles'
  | 'NoModel'
  | 'NoPredecessor'
  | 'NotEnoughData'
  | 'NotReady'
  | 'NothingAwaitsApproval'
  | 'NothingUsable'
  | 'OutOfBounds'
  | 'Overloaded'
  | 'PayloadUnreadable'
  | 'RateLimited'
  | 'RetrainRunning'
  | 'StorageUnavailable'
  | 'TemporalUnavailable'
  | 'Timeout'
  | 'TooManyPresets'
  | 'TrainingKilled'
  | 'Unauthorized'
  | 'UnknownDecision'
  | 'UnknownLock'
  | 'UnknownOutcome'
  | 'UnknownPosition'
  | 'UnknownPreset'
  | 'UnknownSchedule'
  | 'UnknownSymbol'
  | 'UnknownVersion';
