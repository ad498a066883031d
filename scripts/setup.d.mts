export interface SetupParts {
  readonly build?: boolean;
  readonly temporal?: boolean;
}

export declare const setup: {
  /** A Temporal program in any case, TEMPORAL_ADDRESS or not. */
  (parts: SetupParts & { readonly ownServer: true }): Promise<{ temporalPath: string }>;
  (parts?: SetupParts): Promise<{ temporalPath?: string }>;
};
