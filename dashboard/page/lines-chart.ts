import { html } from 'htm/preact';
import { ColorType, createChart, LineSeries, LineType, type UTCTimestamp } from 'lightweight-charts';
import { useEffect, useRef } from 'preact/hooks';
import { themeColours } from './colours.ts';

/** A line with its points in time; `step` holds a value until the next one. */
export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly step?: boolean;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
}

/** Several moments within a second would be one on the chart's scale: the last one stays. */
const bySecond = (points: Line['points']) =>
  [...new Map(points.map(({ atMs, value }) => [Math.floor(atMs / 1000), value]))].map(([time, value]) => ({
    time: time as UTCTimestamp,
    value,
  }));

/** Each line by name and its newest value: what a drawing tells those who do not see it. */
const inWords = (lines: readonly Line[], digits: number): string =>
  lines.map(({ name, points }) => `${name} ${points.at(-1)?.value.toFixed(digits) ?? '–'}`).join(', ');

/** Named lines over time. `label` says to a screen reader what is drawn. */
export const LinesChart = ({
  lines,
  label,
  digits = 3,
}: {
  lines: readonly Line[];
  label: string;
  digits?: number;
}) => {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { text, line, panel } = themeColours();
    const chart = createChart(place.current!, {
      autoSize: true,
      layout: { background: { type: ColorType.Solid, color: panel }, textColor: text },
      grid: { vertLines: { visible: false }, horzLines: { color: line } },
      timeScale: { timeVisible: true, secondsVisible: true, borderColor: line },
    });
    for (const { name, colour, step, points } of lines) {
      const series = chart.addSeries(LineSeries, {
        color: colour,
        title: name,
        lineWidth: 2,
        priceLineVisible: false,
        priceFormat: { type: 'price', precision: digits, minMove: 10 ** -digits },
        ...(step ? { lineType: LineType.WithSteps } : {}),
      });
      series.setData(bySecond(points));
    }
    chart.timeScale().fitContent();
    return () => chart.remove();
  }, [lines, digits]);
  return html`<div class="chart small" role="group" aria-label=${`${label}; newest: ${inWords(lines, digits)}`} ref=${place}></div>`;
};
