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
          target: string;
          detail: string;
        } | null;
      };
      training: {
        state: 'ACTIVE' | 'KILLED';
        since_ms: number | null;
        actor: string | null;
        reason: string | null;
        pinned_version: string | null;
        promotions_held_until_ms: number | null;
      } | null;
      problems: readonly {
        kind: string;
        severity: 'info' | 'warning' | 'critical';
        subject: string;
        message: string;
        detail?: unknown;
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
        gaps: readonly {
          fromMs: number;
          toMs: number;
          missing: number;
        }[];
        error?: string | undefined;
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
        n_obs: number;
        n_states: number | null;
        parent_version: string | null;
        series: readonly {
          series: string;
          outcome: string;
          reason: string;
        }[];
      };
      workflow_id: string;
    } | {
      workflow_id: string;
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
      champion: {
        fence: number;
        versionId: string;
        kind: 'promote' | 'rollback' | 'adopt' | 'restore';
        previousVersionId: string | null;
        actor: string;
        reason: string;
        requestId: string;
        createdAt: number;
        linkedAt: number | null;
      } | null;
      predecessor: string | null;
      training: {
        state: 'ACTIVE' | 'KILLED';
        since_ms: number | null;
        actor: string | null;
        reason: string | null;
        pinned_version: string | null;
        promotions_held_until_ms: number | null;
      };
      problem: {
        target: string;
        detail: string;
      } | null;
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
        awaiting_approval: boolean | null;
        rolled_back_at: number | null;
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
      awaiting_approval: boolean | null;
      rolled_back_at: number | null;
      gate: {
        [name: string]: {
          decision: 'pass' | 'refuse' | 'insufficient';
          reason: string;
          checks: readonly {
            name: string;
            pass: boolean;
            value: number | null;
            limit: number | null;
          }[];
          paired?: {
            n: number;
            difference: number | null;
            lower: number | null;
            upper: number | null;
            alpha: number;
            look: number;
            candidate: number | null;
            champion: number | null;
          } | undefined;
        };
      };
      model_hash: string;
      metadata: {
        version_id?: string | undefined;
        created_at?: string | undefined;
        parent_version?: string | null | undefined;
        metric_name?: string | undefined;
        metric_value?: number | null | undefined;
        trained_series?: readonly string[] | undefined;
        gates?: {
          [name: string]: {
            decision: 'pass' | 'refuse' | 'insufficient';
            reason: string;
            checks: readonly {
              name: string;
              pass: boolean;
              value: number | null;
              limit: number | null;
            }[];
            paired?: {
              n: number;
              difference: number | null;
              lower: number | null;
              upper: number | null;
              alpha: number;
              look: number;
              candidate: number | null;
              champion: number | null;
            } | undefined;
          };
        } | undefined;
        kept_series?: readonly {
          series: string;
          type: string;
          reason: string;
        }[] | undefined;
        trained_ranges?: {
          [name: string]: {
            fromMs: number;
            toMs: number;
          };
        } | undefined;
        n_obs?: number | undefined;
        n_states?: number | undefined;
        train_seed?: number | undefined;
        feature_set?: string | undefined;
        claimed_files?: number | undefined;
        file_ids?: readonly string[] | undefined;
        dispositions?: {
          trained?: number | undefined;
          corrected_late?: number | undefined;
          skipped_late?: number | undefined;
          duplicate?: number | undefined;
          removed?: number | undefined;
          series?: {
            [name: string]: {
              trained: number;
              corrected_late: number;
              skipped_late: number;
              duplicate: number;
              removed: number;
            };
          } | undefined;
          claimed: number;
        } | undefined;
        lineages?: {
          [name: string]: {
            lineage: string;
            parent_version: string | null;
            head_hash: string;
            trained_ranges: readonly {
              fromMs: number;
              toMs: number;
            }[];
            prequential: {
              candles: number;
              mean_log_likelihood: number | null;
            } | null;
            compared_candles: number;
          };
        } | undefined;
        inputs?: {
          [name: string]: {
            mode: 'strict' | 'sliding';
            pooled?: true | undefined;
            timeframe_ms: number;
            n_states: number | 'auto';
            ensemble?: readonly number[] | undefined;
            covariance_type: 'diag' | 'full';
            seed: number;
            min_points?: number | undefined;
            gate: {
              minCandles: number;
              minDelta: number;
              alpha: number;
              look: number;
            };
            champion: string | null;
            lineage?: string | undefined;
            head?: string | null | undefined;
            runs: readonly {
              fromMs: number;
              toMs: number;
            }[];
            months: readonly {
              month: string;
              candles: number;
              sha256: string;
            }[];
            files: readonly {
              fileId: string;
              sha256: string;
              path: string;
              tStart: number;
              tEnd: number;
            }[];
          };
        } | undefined;
        evaluation?: {
          [name: string]: {
            selection?: {
              chosen: {
                nStates: number;
                covarianceType: string;
                emission: string;
              };
              best: {
                nStates: number;
                covarianceType: string;
                emission: string;
              };
              byBic: {
                nStates: number;
                covarianceType: string;
                emission: string;
              };
              candles: number;
              folds: number;
              candidates: readonly {
                nStates: number;
                parameters: number;
                mean: number | null;
                shortfall: number | null;
                standardError: number | null;
                bicPerRow: number | null;
              }[];
            } | undefined;
            judgement: {
              candles: number;
              model: {
                joint: number | null;
                margin: number | null;
              };
              rivals: {
                [name: string]: {
                  joint: number | null;
                  margin: number | null;
                  gain: {
                    joint: {
                      mean: number | null;
                      lower: number | null;
                      upper: number | null;
                      standardError: number | null;
                      blockLength: number;
                    } | null;
                    margin: {
                      mean: number | null;
                      lower: number | null;
                      upper: number | null;
                      standardError: number | null;
                      blockLength: number;
                    };
                  };
                };
              };
              regimeEvidence: {
                joint: boolean;
                returns: boolean;
              };
              calibration: {
                ksDistance: number | null;
                histogram: readonly number[];
              };
            };
            quality: {
              lookAhead: {
                meanDistance: number | null;
                disagreement: number | null;
              };
              occupancy: {
                filtered: readonly (number | null)[];
                stationary: readonly (number | null)[];
              };
              dwell: {
                expected: readonly (number | null)[];
                realised: readonly (number | null)[];
              };
              switchesPerThousand: number | null;
              separation: {
                hellinger: number | null;
                entropy: number | null;
              };
            };
          };
        } | undefined;
        warnings?: {
          [name: string]: readonly string[];
        } | undefined;
        data_hash?: string | undefined;
        code_version?: string | undefined;
        node_version?: string | undefined;
        tag?: string | null | undefined;
        message?: string | undefined;
        timings?: {
          [name: string]: {
            [name: string]: number;
          };
        } | undefined;
        model_hash?: string | undefined;
        heads_hash?: string | undefined;
        metadata_hash?: string | undefined;
        [name: string]: unknown;
      };
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
      versionId: string;
      previousVersionId: string | null;
      kind: 'promote' | 'rollback' | 'adopt' | 'restore';
      fence: number;
      actor: string;
      reason: string;
      atMs: number;
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
      versionId: string;
      previousVersionId: string | null;
      kind: 'promote' | 'rollback' | 'adopt' | 'restore';
      fence: number;
      actor: string;
      reason: string;
      atMs: number;
    };
  };
  /** Serve the predecessor again, or the version named. */
  'POST /model/rollback': {
    body?: {
      to?: string | null | undefined;
      expected_champion?: string | null | undefined;
    };
    /** The same request under the same name is done once. */
    idempotencyKey?: string | undefined;
    answer: {
      versionId: string;
      previousVersionId: string | null;
      kind: 'promote' | 'rollback' | 'adopt' | 'restore';
      fence: number;
      actor: string;
      reason: string;
      atMs: number;
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
        regime_ids?: {
          [name: string]: number;
        } | undefined;
        regimes_fresh?: readonly string[] | undefined;
        regimes_renamed?: readonly string[] | undefined;
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
        source: 'schema' | 'registered';
        outcomes: number;
        mean_reward: number | null;
        created_at: number | null;
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
      decision_id?: string | undefined;
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
      decision_id?: string | null | undefined;
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
    };
  };
  /** The position is closed: its id gets new parameters from now on. */
  'POST /positions/{position_id}/close': {
    params: {
      position_id: string;
    };
    body?: {
      strategy?: string | undefined;
      instrument?: string | undefined;
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
      reward_unit?: 'quote' | 'r' | null | undefined;
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
  /** Takes an outcome back, by its outcome_id or, however it was reported, by seq:<its seq in GET /outcomes>; a corrected one comes under another id. */
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
      target: string;
      trading_state: 'ACTIVE' | 'REDUCING' | 'HALTED';
      since: number;
      reason: string;
    } | {
      scope: 'training';
      training_state: 'ACTIVE' | 'KILLED';
      since_ms: number;
      actor: string;
      reason: string;
      pinned_version: string | null;
      schedule: 'done' | 'pending';
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
      target: string;
      trading_state: 'ACTIVE' | 'REDUCING' | 'HALTED';
      since: number;
      reason: string;
    } | {
      scope: 'training';
      training_state: 'ACTIVE' | 'KILLED';
      since_ms: number;
      actor: string;
      reason: string;
      pinned_version: string | null;
      schedule: 'done' | 'pending';
    };
  };
  /** Lifts a protection before its time. */
  'POST /unlock': {
    body: {
      lock_id: number;
      reason: string;
    };
    answer: {
      lock_id: number;
      target: string;
      protection: string;
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
      target: string;
      equity: number;
      peak: number;
      drawdown: number;
      currency: string;
      peak_at: number;
      updated_at: number;
      forgiven: readonly {
        target: string;
        peak: number;
        drawdown: number;
      }[];
    };
  };
  /** Trading states, open locks, equities and drawdowns, and the training loop. */
  'GET /guardrails': {
    answer: {
      trading_states: readonly {
        target: string;
        state: 'ACTIVE' | 'REDUCING' | 'HALTED';
        reason: string;
        actor: string;
        since: number;
      }[];
      locks: readonly {
        id: number;
        target: string;
        protection: string;
        reason: string;
        actor: string;
        createdAt: number;
        until: number | null;
        liftedAt: number | null;
        liftedBy: string | null;
      }[];
      equities: readonly {
        target: string;
        equity: number;
        peak: number;
        drawdown: number;
        currency: string;
        peak_at: number;
        updated_at: number;
        forgiven: readonly {
          target: string;
          peak: number;
          drawdown: number;
        }[];
      }[];
      evaluation_windows: readonly {
        id: number;
        scopeId: number;
        epsilon: number;
        from: number;
        until: number;
        actor: string;
      }[];
      training: {
        state: 'ACTIVE' | 'KILLED';
        since_ms: number | null;
        actor: string | null;
        reason: string | null;
        pinned_version: string | null;
        promotions_held_until_ms: number | null;
      };
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
        at: number;
        actor: string;
        action: string;
        target: string;
        reason: string;
        until: number | null;
        detail: {
          [name: string]: unknown;
        };
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
      strategy: string;
      instrument: string;
      from: number;
      to: number;
      days: number;
      decisions: number;
      left_out: {
        forced: number;
        unrewarded: number;
        no_support: number;
      };
      epsilon: number;
      logged: number | null;
      champion: string | null;
      presets: {
        [name: string]: {
          ips: {
            value: number | null;
            standardError: number | null;
            low: number | null;
            high: number | null;
          };
          snips: {
            value: number | null;
            standardError: number | null;
            low: number | null;
            high: number | null;
          };
          dm: {
            value: number | null;
            standardError: number | null;
            low: number | null;
            high: number | null;
          };
          dr: {
            value: number | null;
            standardError: number | null;
            low: number | null;
            high: number | null;
          };
          effectiveSampleSize: number;
          decisions: number;
        } | null;
      };
      halves: readonly {
        from: number;
        to: number;
        decisions: number;
        champion: string | null;
        presets: {
          [name: string]: {
            ips: {
              value: number | null;
              standardError: number | null;
              low: number | null;
              high: number | null;
            };
            snips: {
              value: number | null;
              standardError: number | null;
              low: number | null;
              high: number | null;
            };
            dm: {
              value: number | null;
              standardError: number | null;
              low: number | null;
              high: number | null;
            };
            dr: {
              value: number | null;
              standardError: number | null;
              low: number | null;
              high: number | null;
            };
            effectiveSampleSize: number;
            decisions: number;
          } | null;
        };
      }[];
      prunable: readonly string[];
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
      strategy: string;
      instrument: string;
      epsilon: number;
      from: number;
      until: number;
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
        policy_version: string;
        state: 'served' | 'rewarded' | 'voided' | 'expired';
        reason: string;
        forced_by: string | null;
        trading_state: 'ACTIVE' | 'REDUCING' | 'HALTED';
        epsilon: number;
        odds: {
          [name: string]: number;
        };
        propensity: number | null;
        propensities: {
          [name: string]: number;
        };
        seed: number;
        learned_count: number;
        features: {
          [name: string]: number;
        };
        features_missing: readonly string[];
        features_ignored: readonly string[];
        model_version: string | null;
        position_id: string | null;
        repeats: string | null;
        created_at: number;
        reward_sum: number | null;
        outcome_count: number;
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
        attribution: 'decision' | 'matched' | 'anonymous' | 'reversal';
        reverses: number | null;
        raw_reward: number;
        reward_unit: 'quote' | 'r';
        reward_scale: number;
        reward: number;
        learned: boolean;
        learned_seq: number | null;
        features: {
          [name: string]: number;
        };
        created_at: number;
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
      policy_version: string;
      state: 'served' | 'rewarded' | 'voided' | 'expired';
      reason: string;
      forced_by: string | null;
      trading_state: 'ACTIVE' | 'REDUCING' | 'HALTED';
      epsilon: number;
      odds: {
        [name: string]: number;
      };
      propensity: number | null;
      propensities: {
        [name: string]: number;
      };
      seed: number;
      learned_count: number;
      features: {
        [name: string]: number;
      };
      features_missing: readonly string[];
      features_ignored: readonly string[];
      model_version: string | null;
      position_id: string | null;
      repeats: string | null;
      created_at: number;
      reward_sum: number | null;
      outcome_count: number;
      policy: {
        [name: string]: unknown;
      };
      outcomes: readonly {
        seq: number;
        strategy: string;
        instrument: string;
        preset_id: string;
        decision_id: string | null;
        outcome_id: string | null;
        attribution: 'decision' | 'matched' | 'anonymous' | 'reversal';
        reverses: number | null;
        raw_reward: number;
        reward_unit: 'quote' | 'r';
        reward_scale: number;
        reward: number;
        learned: boolean;
        learned_seq: number | null;
        features: {
          [name: string]: number;
        };
        created_at: number;
      }[];
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
        alertId: string;
        kind: string;
        severity: 'info' | 'warning' | 'critical';
        status: 'event' | 'firing' | 'resolved';
        subject: string;
        message: string;
        detail?: unknown;
        count: number;
        workflowId: string | null;
        runId: string | null;
        createdAt: number;
        attempts: number;
        nextAttemptAt: number;
        lastError: string | null;
        settledAt: number | null;
        outcome: 'delivered' | 'given_up' | 'expired' | null;
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
        downloaded: number;
        processing: number;
        processed: number;
        deleted: number;
        quarantined: number;
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
          state: 'open' | 'outage' | 'filled';
        }[];
      }[];
      quarantined: readonly {
        series: string;
        path: string;
        reason: string | null;
        from_ms: number;
        to_ms: number;
      }[];
      stale_candles: number;
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
      from?: number | null | undefined;
      to?: number | null | undefined;
      limit?: number | undefined;
      missing?: '0' | '1' | 'true' | 'false' | undefined;
    };
    answer: {
      data: readonly {
        series: string;
        fromMs: number;
        toMs: number;
        missing: number;
        state: 'open' | 'outage' | 'filled';
        foundAt: number;
        attempts: number;
        answers: number;
        lastTriedAt: number | null;
        nextRetryAt: number | null;
        filledAt: number | null;
      }[];
    };
  };
  /** Candles that the exchange rewrote, removed or gave late, newest first, with the copy before. */
  'GET /ledger/corrections': {
    query?: {
      series?: string | undefined;
      from?: number | null | undefined;
      to?: number | null | undefined;
      limit?: number | undefined;
    };
    answer: {
      data: readonly {
        fileId: string;
        series: string;
        openTimeMs: number;
        change: 'rewritten' | 'appeared' | 'removed';
        before: string | null;
      }[];
    };
  };
  /** Files by status at each change of the last hours, ascending; a long history is thinned out, claims stay seen. */
  'GET /ledger/history': {
    query?: {
      hours?: number | undefined;
    };
    answer: {
      data: readonly {
        atMs: number;
        files: {
          downloaded: number;
          processing: number;
          processed: number;
          deleted: number;
          quarantined: number;
        };
      }[];
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
        routine: boolean;
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
      id: string;
      paused: boolean;
      note?: string | undefined;
    };
  };
  /** Transition matrix and expected stay of each regime, by series. */
  'GET /models/{version}/transitions': {
    params: {
      version: string;
    };
    answer: {
      version_id: string;
      series: {
        [name: string]: {
          regimes: readonly string[];
          matrix: readonly (readonly number[])[];
          expected_candles: readonly (number | null)[];
        };
      };
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
        kind: 'promote' | 'rollback' | 'adopt' | 'restore';
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
        served: {
          preset_id: string;
          since: number;
          changes_today: number;
        } | null;
        decisions_shared: number;
        presets: readonly {
          preset_id: string;
          mean: number;
          low: number;
          high: number;
          outcomes: number;
          reward: number;
          share: number;
        }[];
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
      version_id: string | null;
      candles: readonly (readonly number[])[];
      regimes: readonly string[];
      probabilities: readonly (readonly number[])[];
      forecast: readonly (readonly number[])[];
      next_before: number | null;
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
