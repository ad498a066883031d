import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { hasProgram } from '../tests/support/programs.ts';

const fileOf = (name: string): string => fileURLToPath(new URL(`prometheus/${name}`, import.meta.url));
const read = (name: string): string => readFileSync(fileOf(name), 'utf8');

const promtool = (...args: string[]): { code: number | null; said: string } => {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', timeout: 60_000 });
  return { code: status, said: `${stdout}${stderr}` };
};

interface Case {
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts: readonly unknown[];
  }[];
}

const { groups } = parse(read('alerts.yml')) as { groups: { rules: { alert: string }[] }[] };
const { tests } = parse(read('alerts-test.yml')) as { tests: Case[] };
const asked = tests.flatMap((one) => one.alert_rule_test);

it.each(groups.flatMap(({ rules }) => rules))(
  '$alert has a case in which it fires, and one in which it does not',
  ({ alert }) => {
    const ofAlert = asked.filter(({ alertname }) => alertname === alert);
    expect(ofAlert.some(({ exp_alerts: expected }) => expected.length > 0)).toBe(true);
    expect(ofAlert.some(({ exp_alerts: expected }) => expected.length === 0)).toBe(true);
  },
);

describe.runIf(hasProgram('promtool'))('promtool', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'autotrain-promtool-'));
    copyFileSync(fileOf('alerts.yml'), join(folder, 'alerts.yml'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('takes the rules', () => {
    expect(promtool('check', 'rules', fileOf('alerts.yml'))).toMatchObject({ code: 0 });
  });

  it('sees each alert fire when it should, with its words, and silent when not', () => {
    const { code, said } = promtool('test', 'rules', fileOf('alerts-test.yml'));
    expect(code, said).toBe(0);
  });

  it('sees a rule that fires too early', () => {
    writeFileSync(join(folder, 'alerts.yml'), read('alerts.yml').replaceAll(/^ +for: .*\n/gm, ''));
    copyFileSync(fileOf('alerts-test.yml'), join(folder, 'alerts-test.yml'));
    const { code, said } = promtool('test', 'rules', join(folder, 'alerts-test.yml'));
    expect(code).not.toBe(0);
    for (const alert of ['GatewayDown', 'CandlesStale', 'RetrainsFail', 'DiskLow'])
      expect(said).toContain(`alertname: Autotrain${alert}`);
  });

  it('takes the example of a Prometheus, but for the header with a key, which needs 2.55', () => {
    const config = parse(read('prometheus.yml')) as { scrape_configs: Record<string, unknown>[] };
    for (const one of config.scrape_configs) delete one['http_headers'];
    writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
    const { code, said } = promtool('check', 'config', join(folder, 'prometheus.yml'));
    expect(code, said).toBe(0);
  });
});
