/** Why a series cannot be trained; `TooFewRows` names how many there are and how many are needed. */
export class TrainingError extends Error {
  readonly code: 'TooFewRows';

  constructor(code: TrainingError['code'], message: string) {
    super(message);
    this.name = 'TrainingError';
    this.code = code;
  }
}
