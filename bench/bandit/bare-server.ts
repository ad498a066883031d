/** What the same server does with a route that computes and stores nothing. */
import { Hono } from 'hono';
import { listen } from '../../api/listen.ts';

const answer = {
  config_id: 'hmm:BTCUSDT:019abc0123456789abcdef012345:p0',
  params: { threshold: 0.5, window: 20 },
  policy_version: 'lin_ts/1',
  preset_id: 'p0',
  decision_id: '019abc0123456789abcdef012345',
  features_used: ['ret', 'vol', 'rsi', 'spread'],
  features_missing: [],
  features_ignored: [],
  propensity: 0.20000000000000004,
  applies_to: 'new_positions',
  trading_state: 'ACTIVE',
  proposed_preset_id: 'p0',
  reason: 'sampled',
};

const app = new Hono();
app.get('/param/:strategy/:instrument', (c) => c.json(answer));
const { url, stop } = await listen(app, { host: '127.0.0.1', ports: [0] });
process.once('SIGTERM', () => void stop().then(() => process.exit(0)));
process.once('disconnect', () => process.exit(0));
process.send?.({ url });
