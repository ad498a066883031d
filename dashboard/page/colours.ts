/** Hues that people with red–green blindness tell apart as well: blue-green, orange-red, violet-grey. */
const families: Readonly<Record<string, readonly [number, number]>> = {
  BULL: [165, 75],
  BEAR: [16, 80],
  CHOP: [265, 45],
};

const isDark = (): boolean => matchMedia('(prefers-color-scheme: dark)').matches;

/** The colour of a regime: one family for each first word; each further state of it turns the hue and is lighter. */
export const regimeColour = (name: string, alpha = 1): string => {
  const [word = '', index = '1'] = name.split('_');
  const [hue, saturation] = families[word] ?? [210, 50];
  const further = Number(index) - 1 || 0;
  const lightness = Math.min((isDark() ? 58 : 40) + 6 * further, 80);
  return `hsl(${hue - 45 * further} ${saturation}% ${lightness}% / ${alpha})`;
};

const css = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The page's own colours, for charts. */
export const themeColours = () => ({
  text: css('--text'),
  line: css('--line'),
  panel: css('--panel'),
  good: css('--good'),
  bad: css('--bad'),
  accent: css('--accent'),
});
