type Cell = string | number | boolean | null | undefined;

const textOf = (cell: Cell): string => (cell === null || cell === undefined ? '–' : String(cell));

const isNumber = (cells: readonly Cell[]): boolean =>
  cells.some((cell) => typeof cell === 'number') &&
  cells.every((cell) => cell === null || cell === undefined || typeof cell === 'number');

const padded = (text: string, width: number, isRight: boolean): string =>
  isRight ? text.padStart(width) : text.padEnd(width);

/** Aligned columns under a heading; numbers to the right. `nothing` stands where there is no row. */
export const table = (
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  nothing = 'none',
): string => {
  if (rows.length === 0) return nothing;
  const columns = head.map((title, i) => {
    const cells = rows.map((row) => row[i]);
    const width = Math.max(title.length, ...cells.map((cell) => textOf(cell).length));
    return { width, isRight: isNumber(cells) };
  });
  const line = (cells: readonly Cell[]): string =>
    columns
      .map(({ width, isRight }, i) => padded(textOf(cells[i]), width, isRight))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
};

/** `name  value` lines, the values under each other. */
export const pairs = (rows: readonly (readonly [string, Cell])[]): string => {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${textOf(value)}`).join('\n');
};
