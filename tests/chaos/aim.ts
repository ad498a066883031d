/** A few deaths say little of how well they are aimed; of so many at least this share must hit something under way. */
const roundsThatTell = 30;
const leastAimed = 0.8;

/** Says so when too few of the kills hit an open claim, an uncommitted file or an unfinished swap. */
export const badlyAimed = (aimed: number, rounds: number): string[] =>
  rounds < roundsThatTell || aimed >= leastAimed
    ? []
    : [`wrong: ${aimed} of the kills hit something under way, at least ${leastAimed} must`];
