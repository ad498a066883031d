import type { RetrainRequest } from './types.ts';

/** The arguments of a retrain as one comparable text, defaults left out: who asks for the same joins the same run. */
export const retrainArguments = ({ nStates, tag, promote }: RetrainRequest): string =>
  JSON.stringify({
    ...(nStates === undefined ? {} : { nStates }),
    ...(tag === undefined ? {} : { tag }),
    ...(promote === false ? { promote } : {}),
  });
