import type { Ledger } from '../ledger/open.ts';
import type { GateResult } from '../registry/gate.ts';

type Gates = Readonly<Record<string, GateResult | undefined>>;

/**
 * How often the model that serves a series was compared with a candidate on enough evidence: each such look has spent
 * some of PROMOTION_ALPHA. A model that was carried on from an earlier version keeps the looks it had there.
 */
export const looksAt = (ledger: Ledger, championId: string, series: string): number => {
  const isLook = (gate: unknown): boolean => {
    const found = (gate as Gates | null)?.[series];
    return found?.paired !== undefined && found.decision !== 'insufficient';
  };
  let looks = 0;
  for (let id: string | null = championId; id !== null; ) {
    looks += ledger.versionsJudgedAgainst(id).filter(({ gate }) => isLook(gate)).length;
    const row = ledger.version(id);
    const broughtIt = (row?.gate as Gates | null | undefined)?.[series]?.decision === 'pass';
    id = broughtIt ? null : (row?.parentVersionId ?? null);
  }
  return looks;
};
