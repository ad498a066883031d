import { around, durably, type Playing, type Stage } from './plan.ts';

/** In the order of the loop. */
export const ingestStages = ({ loop }: Playing): Stage[] => [
  { member: 'ingest', points: around('startWatermark'), work: () => loop.ingest(0) },
  {
    member: 'ingest',
    points: [...durably('file'), 'file:unregistered', ...around('registerFile'), 'file:registered'],
    work: () => loop.ingest(60),
  },
  // Every ingest looks again at the newest candles.
  { member: 'ingest', points: around('recordComparison'), work: () => loop.ingest(60) },
];

/** What a gateway passes while engines trade. */
export const gatewayPoints = [...around('register'), ...around('decide'), ...around('learn')];
