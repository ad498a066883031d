import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** Where the grammar of PromQL does not go on. */
const errorsIn = (expression: string): string[] => {
  const errors: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, from }) => {
      if (type.isError) errors.push(`${expression.slice(0, from)}<<HERE>>${expression.slice(from)}`);
    },
  });
  return errors;
};

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const rules = (
  parse(read('prometheus/alerts.yml')) as { groups: { name: string; rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const { panels } = JSON.parse(read('grafana/autotrain.json')) as { panels: readonly Panel[] };

it('an expression that is none is found', () => {
  expect(errorsIn('sum by (series) (rate(x_total[5m]))')).toEqual([]);
  expect(errorsIn('sum by series) (x)')).not.toEqual([]);
  expect(errorsIn('rate(x_total[5m]')).not.toEqual([]);
  expect(errorsIn('x{a="b"} >')).not.toEqual([]);
});

describe('the alert rules', () => {
  it.each(rules)('$alert is a whole rule', (rule) => {
    expect(errorsIn(rule.expr)).toEqual([]);
    expect(rule.alert).toMatch(/^Autotrain[A-Z]\w+$/);
    expect(['warning', 'critical']).toContain(rule.labels['severity']);
    expect(rule.for ?? '1m').toMatch(/^\d+[mh]$/);
    expect(Object.keys(rule.annotations)).toEqual(['summary', 'description']);
  });

  it('are named once', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  it('are what the example of a Prometheus reads', () => {
    const { rule_files: files } = parse(read('prometheus/prometheus.yml')) as { rule_files: string[] };
    expect(files).toEqual(['alerts.yml']);
  });
});

describe('the dashboard', () => {
  const shown = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [title, expr] as const),
  );

  it.each(shown)('%s shows an expression', (_, expr) => {
    expect(errorsIn(expr.replaceAll('$series', 'x'))).toEqual([]);
  });

  it('lays no panel over another', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});
