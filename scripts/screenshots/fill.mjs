/** Chunks of each series before the first training, and between two; the last one learns all that there is by now. */
const chunks = [8, 4, 4];

const caller = (url) => async (method, path, body) => {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
  });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
};

/** What an engine would have seen and earned: the same in every run, and one preset better than the others. */
const wave = (i, period) => Math.sin((2 * Math.PI * i) / period);

const features = (i) =>
  `features%5Bhmm_bull%5D=${(0.5 + 0.4 * wave(i, 17)).toFixed(3)}&features%5Bvol%5D=${(0.01 + 0.004 * wave(i, 29)).toFixed(4)}`;

const trade = async (call, strategy, instrument, decisions) => {
  for (let i = 0; i < decisions; i += 1) {
    const { preset_id: preset, decision_id: decision } = await call(
      'GET',
      `/param/${strategy}/${instrument}?${features(i)}`,
    );
    const lean = preset.charCodeAt(0) % 5;
    const reward = 8 * lean - 14 + 40 * wave(i * 7 + lean, 13);
    if (i % 8 !== 7)
      await call('POST', `/learn/outcome/${strategy}/${instrument}/${preset}`, {
        reward: Number(reward.toFixed(2)),
        decision_id: decision,
        outcome_id: `${strategy}-${i}`,
      });
  }
};

const learn = async (call, say) => {
  const train = async () => {
    const { version_id: version, message } = await call('POST', '/train');
    say(`${version}: ${message}`);
  };
  for (const count of chunks) {
    for (let chunk = 0; chunk < count; chunk += 1) await call('POST', '/ingest_once');
    await train();
  }
  await call('POST', '/ingest_once?until=now');
  await train();
};

/** A loop that has run for a while: several versions, decisions with outcomes, a guardrail that holds. */
export const fill = async (url, say) => {
  const call = caller(url);
  await learn(call, say);
  await trade(call, 'momentum_breakout', 'BTCUSDT', 120);
  await trade(call, 'mean_reversion', 'ETHUSDT', 40);
  await call('POST', '/equity', { equity: 10_450, currency: 'USDT' });
  await call('POST', '/equity', { equity: 10_180, currency: 'USDT' });
  const news = { strategy: 'mean_reversion', instrument: 'ETHUSDT', reason: 'rate decision this afternoon' };
  await call('POST', '/kill', { ...news, state: 'REDUCING' });
};
