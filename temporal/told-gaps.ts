/** How many gaps an ingest tells of a series; `/ledger/gaps` has them all. */
export const mostToldGaps = 1_000;
