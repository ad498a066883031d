/** Costs of giving row i to column j; finite. */
export interface CostMatrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows·columns], row-major. */
  readonly costs: Float64Array;
}

/**
 * The assignment of least total cost in which each of the shorter side gets one of the other: the column of each row,
 * −1 for rows that get none. Shortest augmenting paths with potentials (Kuhn 1955; Jonker & Volgenant 1987, Computing
 * 38, without their start heuristics), O(min² · max). Rows (columns, when there are fewer) are added in order and the
 * lowest index is looked at first, so equal totals always give the same one. Throws `RangeError` on costs that are not
 * finite or do not fill the matrix.
 */
export const assign = (matrix: CostMatrix): Int32Array => {
  const { rows, columns, costs } = matrix;
  if (costs.length !== rows * columns || !costs.every(Number.isFinite))
    throw new RangeError(`the costs must be ${rows}·${columns} finite numbers`);
  if (rows <= columns) return assignRows(matrix);
  const rowOf = assignRows(transposed(matrix));
  const columnOf = new Int32Array(rows).fill(-1);
  rowOf.forEach((row, column) => {
    columnOf[row] = column;
  });
  return columnOf;
};

const transposed = ({ rows, columns, costs }: CostMatrix): CostMatrix => ({
  rows: columns,
  columns: rows,
  costs: Float64Array.from(costs, (_, at) => costs[(at % rows) * columns + Math.floor(at / rows)]!),
});

/** A column beyond the last one stands for the row that is being added. */
interface Search {
  /** [columns + 1]: the row that holds each column, −1 for none. */
  readonly rowOf: Int32Array;
  /** Potentials: cost − ofRow − ofColumn ≥ 0, and 0 for what is assigned. */
  readonly ofRow: Float64Array;
  readonly ofColumn: Float64Array;
  /** [columns + 1]: the column before, on the shortest path. */
  readonly before: Int32Array;
}

/** rows ≤ columns. */
const assignRows = (matrix: CostMatrix): Int32Array => {
  const { rows, columns } = matrix;
  const search: Search = {
    rowOf: new Int32Array(columns + 1).fill(-1),
    ofRow: new Float64Array(rows),
    ofColumn: new Float64Array(columns + 1),
    before: new Int32Array(columns + 1),
  };
  for (let row = 0; row < rows; row++) {
    search.rowOf[columns] = row;
    shift(search, shortestPath(matrix, search), columns);
  }
  const columnOf = new Int32Array(rows);
  search.rowOf.subarray(0, columns).forEach((row, column) => {
    if (row >= 0) columnOf[row] = column;
  });
  return columnOf;
};

/** Dijkstra over reduced costs from the row at the extra column to the nearest free column, which it returns. */
const shortestPath = (matrix: CostMatrix, search: Search): number => {
  const { columns } = matrix;
  const distance = new Float64Array(columns).fill(Infinity);
  const done = new Uint8Array(columns + 1);
  let column = columns;
  while (search.rowOf[column]! >= 0) {
    done[column] = 1;
    relax(matrix, search, { column, done, distance });
    const next = nearest(distance, done);
    movePotentials(search, distance, done, distance[next]!);
    column = next;
  }
  return column;
};

interface Frontier {
  readonly column: number;
  readonly done: Uint8Array;
  readonly distance: Float64Array;
}

const relax = (
  { columns, costs }: CostMatrix,
  { rowOf, ofRow, ofColumn, before }: Search,
  { column, done, distance }: Frontier,
): void => {
  const row = rowOf[column]!;
  for (let j = 0; j < columns; j++) {
    if (done[j]) continue;
    const reduced = costs[row * columns + j]! - ofRow[row]! - ofColumn[j]!;
    if (!(reduced < distance[j]!)) continue;
    distance[j] = reduced;
    before[j] = column;
  }
};

const nearest = (distance: Float64Array, done: Uint8Array): number => {
  let best = -1;
  for (let j = 0; j < distance.length; j++)
    if (!done[j] && (best < 0 || distance[j]! < distance[best]!)) best = j;
  return best;
};

const movePotentials = (
  { rowOf, ofRow, ofColumn }: Search,
  distance: Float64Array,
  done: Uint8Array,
  by: number,
): void => {
  done.forEach((isDone, j) => {
    if (isDone) {
      ofRow[rowOf[j]!] = ofRow[rowOf[j]!]! + by;
      ofColumn[j] = ofColumn[j]! - by;
    } else if (j < distance.length) distance[j] = distance[j]! - by;
  });
};

const shift = ({ rowOf, before }: Search, free: number, columns: number): void => {
  for (let column = free; column !== columns; column = before[column]!)
    rowOf[column] = rowOf[before[column]!]!;
};
