/** Which states of a version are which of the versions before it. */
export interface StateLabels {
  /** [K] Stays with a state over retrains; no two states of a version share one. */
  readonly ids: readonly number[];
  /** [K] The id is new in this version: nothing in the version before was like it. */
  readonly fresh: readonly boolean[];
  /** [K] The state was there before, under another name: its meaning changed. */
  readonly renamed: readonly boolean[];
  /** The id of the next fresh state; it only grows, so the id of a state that is gone never means another one. */
  readonly nextId: number;
}

/** Of a model that has no forerunner, or one whose labels were not kept: ids in the order of the states. */
export const firstLabels = (nStates: number): StateLabels => ({
  ids: Array.from({ length: nStates }, (_, k) => k),
  fresh: Array.from({ length: nStates }, () => true),
  renamed: Array.from({ length: nStates }, () => false),
  nextId: nStates,
});
