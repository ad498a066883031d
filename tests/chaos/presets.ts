/** Two presets between which the engines' bandit chooses. Repeating it is harmless; what the gateway did not acknowledge is asked again. */
export const registerPresets = async (url: string): Promise<void> => {
  for (const [preset_id, risk] of [
    ['a', 1],
    ['b', 2],
  ] as const) {
    const ask = () =>
      fetch(`${url}/preset/register/hmm/BTCUSDT`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ preset_id, params: { risk } }),
      }).catch(() => undefined);
    for (let answer = await ask(); !answer?.ok; answer = await ask())
      await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
