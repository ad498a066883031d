import type { Page } from 'playwright-core';

/** A column of pixels of a drawing: how many are of the colour, and how far below the top they are on average. */
export interface Column {
  readonly x: number;
  readonly count: number;
  readonly y: number;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** Those that have the colour at all. */
  readonly columns: readonly Column[];
}

/** Runs in the page. A pixel is of the colour if it is the panel's with so much of the colour over it. */
const look = `(pane, swatch, [least, most]) => {
  const rgb = (colour) => {
    const brush = new OffscreenCanvas(1, 1).getContext('2d');
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const panel = rgb(getComputedStyle(document.documentElement).getPropertyValue('--panel'));
  const colour = rgb(getComputedStyle(swatch).backgroundColor).map((value, i) => value - panel[i]);
  const length = Math.hypot(...colour);
  const isOfIt = (pixel) => {
    const off = pixel.map((value, i) => value - panel[i]);
    const share = off.reduce((sum, value, i) => sum + value * colour[i], 0) / length ** 2;
    return share >= least && share <= most && Math.hypot(...off.map((value, i) => value - share * colour[i])) < 12;
  };
  const { width, height } = pane;
  const { data } = pane.getContext('2d').getImageData(0, 0, width, height);
  const columns = Array.from({ length: width }, (_, x) => {
    const found = Array.from({ length: height }, (_, y) => y).filter((y) =>
      isOfIt([...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)]));
    return { x, count: found.length, y: found.reduce((sum, y) => sum + y, 0) / found.length };
  });
  return { width, height, columns: columns.filter(({ count }) => count > 0) };
}`;

/** Where a pane of the chart (0: candles, 1: probabilities) has a regime's colour, as strong as `strength` (0: the panel, 1: the colour). */
export const drawingOf = (
  page: Page,
  pane: 0 | 1,
  regime: string,
  strength: readonly [number, number],
): Promise<Drawing> =>
  page.evaluate<Drawing>(`(() => {
    // A pane has a row of its own, with a drawing between its axes and one above it for the cross-hair; a row parts two.
    const panes = document.querySelector('.chart table').rows;
    const swatches = [...document.querySelectorAll('.legend > span')];
    return (${look})(
      panes[${2 * pane}].cells[1].querySelector('canvas'),
      swatches.find((one) => one.textContent === ${JSON.stringify(regime)}).querySelector('.swatch'),
      ${JSON.stringify(strength)},
    );
  })()`);
