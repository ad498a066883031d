export interface NumberTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

/** A CSV of numbers with a header. Throws RangeError with the line of a cell that is none. */
export const numbersOf = (text: string): NumberTable => {
  const [first = '', ...lines] = text.trim().split(/\r?\n/);
  const header = first.split(',').map((name) => name.trim());
  const rows = lines.map((line, at) => {
    const cells = line.split(',').map((cell) => (cell.trim() === '' ? Number.NaN : Number(cell)));
    if (cells.length === header.length && cells.every(Number.isFinite)) return cells;
    throw new RangeError(`line ${at + 2}: ${header.length} numbers are needed, not "${line.slice(0, 80)}"`);
  });
  return { header, rows };
};

/** Indexes of the columns `<letter><number>`, by number. Throws RangeError where there is none. */
export const columnsOf = (header: readonly string[], letter: string): number[] => {
  const found = header
    .map((name, index) => ({ number: new RegExp(`^${letter}(\\d+)$`).exec(name)?.[1], index }))
    .filter(({ number }) => number !== undefined)
    .sort((a, b) => Number(a.number) - Number(b.number))
    .map(({ index }) => index);
  if (found.length === 0) throw new RangeError(`no column ${letter}<number> among ${header.join(',')}`);
  return found;
};
