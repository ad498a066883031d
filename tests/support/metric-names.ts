/** What a scrape offers: by metric, the labels that its samples have. */
export type Offered = ReadonlyMap<string, ReadonlySet<string>>;

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /;
const labelName = /(?:^|,)\s*([a-zA-Z_]\w*)="/g;

/** Of the text format: its samples with their labels. */
export const offeredBy = (...scrapes: readonly string[]): Map<string, Set<string>> => {
  const offered = new Map<string, Set<string>>();
  for (const line of scrapes.flatMap((text) => text.split('\n'))) {
    const [, name, labels = ''] = sampleLine.exec(line) ?? [];
    if (name === undefined) continue;
    const known = offered.get(name) ?? new Set<string>();
    for (const [, label = ''] of labels.matchAll(labelName)) known.add(label);
    offered.set(name, known);
  }
  return offered;
};

/** Names of a family, as HELP and TYPE give them, with the type. */
export const familiesOf = (...scrapes: readonly string[]): Map<string, string> =>
  new Map(
    scrapes
      .flatMap((text) => [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)])
      .map(([, name = '', type = '']) => [name, type]),
  );

/** A metric that an expression reads, with the labels that it asks for there. */
export interface Asked {
  readonly metric: string;
  readonly labels: readonly string[];
}

const selector = /\b((?:autotrain|temporal)_\w+|up)\b(?:\{([^}]*)\})?/g;
const matcher = /([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"/g;
const grouping = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;

const words = (text: string): string[] => text.split(',').flatMap((word) => word.trim() || []);

/** The selectors of a PromQL expression; what it groups by must be a label of each of them. */
export const askedBy = (expression: string): Asked[] => {
  const groups = [...expression.matchAll(grouping)].flatMap(([, list = '']) => words(list));
  const bare = expression.replaceAll(grouping, ' ');
  return [...bare.matchAll(selector)].map(([, metric = '', matchers = '']) => ({
    metric,
    labels: [...[...matchers.matchAll(matcher)].map(([, label = '']) => label), ...groups],
  }));
};

/** Prometheus gives these to every sample itself. */
const given = ['job', 'instance'];

/** What an expression asks for that nothing offers, in words. */
export const missingIn = (expression: string, offered: Offered): string[] =>
  askedBy(expression).flatMap(({ metric, labels }) => {
    if (metric === 'up') return [];
    const has = offered.get(metric);
    if (!has) return [`no metric ${metric} in ${expression}`];
    return labels
      .filter((label) => !has.has(label) && !given.includes(label))
      .map((label) => `${metric} has no label ${label}, in ${expression}`);
  });
