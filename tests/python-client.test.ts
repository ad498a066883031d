import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EngineGateway, startEngineGateway } from './processes/engine-gateway.ts';

const folder = fileURLToPath(new URL('../clients/python', import.meta.url));

let gateway: EngineGateway;

beforeAll(async () => {
  gateway = await startEngineGateway();
});

afterAll(async () => {
  await gateway?.stop();
});

/** What unittest said, and its exit code. */
const runPython = async (module: string) => {
  const child = spawn('python3', ['-B', '-W', 'error::SyntaxWarning', '-m', 'unittest', '-v', module], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', AUTOTRAIN_URL: gateway.url, AUTOTRAIN_KEY: gateway.key },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += chunk;
    });
  const [code] = await once(child, 'close');
  return { code, said };
};

it('the Python client is written in the syntax of Python 3.9', () => {
  const check =
    'import ast, pathlib\nfor path in pathlib.Path(".").rglob("*.py"): ast.parse(path.read_text(), feature_version=(3, 9))';
  expect(execFileSync('python3', ['-c', check], { cwd: folder, encoding: 'utf8' })).toBe('');
});

it.each([
  [
    'takes parameters, reports outcomes once and predicts, against a real gateway',
    'tests.test_against_gateway',
    12,
  ],
  [
    'answers in time and never raises when the gateway is away, stalls or is none',
    'tests.test_without_gateway',
    7,
  ],
] as const)('the Python client %s', async (_, module, count) => {
  const { code, said } = await runPython(module);
  expect(code, said).toBe(0);
  expect(Number(/Ran (\d+) tests/.exec(said)?.[1]), said).toBeGreaterThanOrEqual(count);
  expect(said).not.toMatch(/skipped|ResourceWarning/);
});
