// Trading engines under load: each asks for parameters and reports a reward under an id of its own, and notes what was
// acknowledged. The gateway may be killed at any moment: what was not answered was not promised.
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const [, , notes, count] = process.argv;
let url;
let asked = 0;

const note = (line) => appendFileSync(notes, `${JSON.stringify(line)}\n`);

const post = async (path, body) => {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
};

/** One without a schema, one with features of its own and every guardrail. */
const scopes = ['hmm/BTCUSDT', 'momentum_breakout/ETHUSDT'];

const trade = async () => {
  asked += 1;
  const id = `o${asked}`;
  const scope = scopes[asked % scopes.length];
  const answer = await fetch(`${url}/param/${scope}?features[ret]=${asked % 97}`);
  if (!answer.ok) throw new Error(`/param: ${answer.status}`);
  const { decision_id: decision, preset_id: preset } = await answer.json();
  note({ decision });
  const reward = Math.sin(asked);
  const outcome = { reward, decision_id: decision, outcome_id: id };
  await post(`/learn/outcome/${scope}/${preset}`, outcome);
  note({ outcome: id, decision, reward });
  // Some say it twice: it counts once.
  if (asked % 5 === 0) await post(`/learn/outcome/${scope}/${preset}`, outcome);
};

const engine = async () => {
  for (;;) {
    // Killed or not there yet: the next one is asked.
    if (url !== undefined) await trade().catch(() => {});
    await delay(100);
  }
};

process.on('message', (message) => {
  url = message.url;
});
process.on('disconnect', () => process.exit(0));
for (let i = 0; i < Number(count); i += 1) void engine();
