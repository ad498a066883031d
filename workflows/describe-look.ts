import type { LookResult } from './types.ts';

/** For the Web UI: `48 compared, 1 rewritten, 1 suspected to be removed`. */
export const describeLook = (look: LookResult): string =>
  [
    `${look.compared} compared`,
    ...(look.rewritten > 0 ? [`${look.rewritten} rewritten`] : []),
    ...(look.appeared > 0 ? [`${look.appeared} appeared`] : []),
    ...(look.removed > 0 ? [`${look.removed} removed`] : []),
    ...(look.suspected > 0 ? [`${look.suspected} suspected to be removed`] : []),
    ...(look.unanswered === undefined ? [] : [`not answered (${look.unanswered})`]),
  ].join(', ');
